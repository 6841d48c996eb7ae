"""What a streamed answer costs the gateway, without sockets: `python -m benchmarks.stream`.

CPU time of each event on its way from the upstream's bytes to the client's, with one and with ten events in a
chunk, and the memory that a stream holds while it waits for its upstream.
"""

from __future__ import annotations

import asyncio
import gc
import json
import time
import tracemalloc
from collections.abc import AsyncIterator, Mapping
from typing import Any

import orjson

from engine.adapters.clock import SystemClock
from engine.adapters.counters import LocalCounters
from engine.adapters.entropy import SystemEntropy
from engine.adapters.telemetry import SystemTelemetry
from engine.config.site import SiteFiles
from engine.events import Call, Inbound
from engine.gateway.answer import Answer
from engine.gateway.gateway import Gateway
from engine.snapshot.compile import compile_site
from engine.snapshot.library import NoSecrets
from engine.snapshot.model import Snapshot

BUDGETS = {"passed through": 35.0, "converted": 50.0}  # µs an event, sockets and web server included
EVENTS = 2000
ROUNDS = 5
OPEN = 2000
Json = dict[str, Any]

SITE = b"""
version: 1
providers:
  hub: {dialect: openai, base_url: "https://up.test/v1", key: sk-upstream}
  translated: {dialect: openai, base_url: "https://up.test/v1", key: sk-upstream, passthrough: off}
  anthropic: {dialect: anthropic, base_url: "https://up.test", key: sk-upstream}
  gemini: {dialect: gemini, base_url: "https://up.test", key: sk-upstream}
models:
  hub: {targets: [hub/m]}
  translated: {targets: [translated/m]}
  anthropic: {targets: [anthropic/m]}
  gemini: {targets: [gemini/m]}
"""

# --- what upstreams send -----------------------------------------------------------------------------------


def sse(data: Json, *, event: bool = False, end: str = "\n") -> bytes:
    label = f"event: {data['type']}{end}" if event else ""
    return f"{label}data: {orjson.dumps(data).decode()}{end}{end}".encode()


def hub_chunk(delta: Json, finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    named = {"id": "chatcmpl-BQ9x", "object": "chat.completion.chunk", "created": 1745000000, "model": "m-1"}
    envelope = {**named, "service_tier": "default", "system_fingerprint": "fp_f5bdcc3276"}
    return sse({**envelope, "choices": [choice], "usage": None, "obfuscation": "Qx2bT8"})


def hub_call(arguments: str) -> bytes:
    return hub_chunk({"tool_calls": [{"index": 0, "function": {"arguments": arguments}}]})


def hub_calls() -> list[bytes]:
    function = {"name": "look_up", "arguments": ""}
    return [hub_chunk({"tool_calls": [{"index": 0, "id": "call_1", "function": function}]}), *words(hub_call)]


def hub(middle: list[bytes]) -> list[bytes]:
    usage = {"prompt_tokens": 20, "completion_tokens": 300, "total_tokens": 320}
    last = {"id": "chatcmpl-BQ9x", "object": "chat.completion.chunk", "choices": [], "usage": usage}
    begin = hub_chunk({"role": "assistant", "content": ""})
    return [begin, *middle, hub_chunk({}, "stop"), sse(last), b"data: [DONE]\n\n"]


def anthropic(block: Json, middle: list[bytes]) -> list[bytes]:
    message = {"id": "msg_01", "type": "message", "role": "assistant", "model": "m-1", "content": []}
    usage = {"input_tokens": 20, "output_tokens": 1}
    begin = sse({"type": "message_start", "message": {**message, "usage": usage}}, event=True)
    opened = sse({"type": "content_block_start", "index": 0, "content_block": block}, event=True)
    closed = sse({"type": "content_block_stop", "index": 0}, event=True)
    said = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 300}}
    return [begin, opened, *middle, closed, sse(said, event=True), sse({"type": "message_stop"}, event=True)]


def anthropic_delta(kind: str, **delta: str) -> bytes:
    return sse({"type": "content_block_delta", "index": 0, "delta": {"type": kind, **delta}}, event=True)


def gemini_chunk(text: str, **more: Any) -> bytes:
    candidate = {"content": {"parts": [{"text": text}], "role": "model"}, "index": 0, **more}
    counts = {"promptTokenCount": 20, "candidatesTokenCount": 30, "totalTokenCount": 50}
    data = {"candidates": [candidate], "usageMetadata": counts, "modelVersion": "m-1", "responseId": "r-1"}
    return sse(data, end="\r\n")


WORDS = ["Hello", " world", ", it", " is", ' a "quoted"', " día\n", " and", " more", " of", " it."]


def words(make: Any) -> list[bytes]:
    return [make(WORDS[number % len(WORDS)]) for number in range(EVENTS)]


BLOCK = {"type": "text", "text": ""}
TOOL = {"type": "tool_use", "id": "toolu_1", "name": "look_up", "input": {}}
THOUGHT = {"type": "thinking", "thinking": "", "signature": ""}

# title, alias, upstream's frames
CASES: list[tuple[str, str, list[bytes]]] = [
    ("passed through: text", "hub", hub(words(lambda word: hub_chunk({"content": word})))),
    ("passed through: tool call", "hub", hub(hub_calls())),
    ("converted: OpenAI, text", "translated", hub(words(lambda word: hub_chunk({"content": word})))),
    (
        "converted: OpenAI, reasoning",
        "translated",
        hub(words(lambda word: hub_chunk({"reasoning_content": word}))),
    ),
    ("converted: OpenAI, tool call", "translated", hub(hub_calls())),
    (
        "converted: Anthropic, text",
        "anthropic",
        anthropic(BLOCK, words(lambda word: anthropic_delta("text_delta", text=word))),
    ),
    (
        "converted: Anthropic, reasoning",
        "anthropic",
        anthropic(THOUGHT, words(lambda word: anthropic_delta("thinking_delta", thinking=word))),
    ),
    (
        "converted: Anthropic, tool call",
        "anthropic",
        anthropic(TOOL, words(lambda word: anthropic_delta("input_json_delta", partial_json=word))),
    ),
    (
        "converted: Gemini, text",
        "gemini",
        [*words(gemini_chunk), gemini_chunk("", finishReason="STOP")],
    ),
]

# --- the world ---------------------------------------------------------------------------------------------


class Reply:
    """Its chunks; then it ends, or says nothing for ever."""

    def __init__(self, chunks: list[bytes], waiting: asyncio.Event | None) -> None:
        self.status = 200
        self.headers: Mapping[str, str] = {"content-type": "text/event-stream"}
        self._chunks = chunks
        self._waiting = waiting

    def arrived(self) -> bytes | None:
        return None

    async def chunks(self) -> AsyncIterator[bytes]:
        for chunk in self._chunks:
            yield chunk
        if self._waiting is not None:
            await self._waiting.wait()

    async def aclose(self) -> None:
        return None


class Upstream:
    """Answers every call with its chunks."""

    def __init__(self) -> None:
        self.chunks: list[bytes] = []
        self.waiting: asyncio.Event | None = None

    async def send(self, call: Call) -> Reply:
        return Reply(self.chunks, self.waiting)

    async def aclose(self) -> None:
        return None


def compiled() -> Snapshot:
    made = compile_site(SiteFiles({"routes.d/site.yaml": SITE}), NoSecrets())
    assert made.snapshot is not None, made.diagnostics
    return made.snapshot


class Bench:
    def __init__(self) -> None:
        self.upstream = Upstream()
        self.gateway = Gateway(
            self.upstream, SystemClock(), SystemEntropy(), LocalCounters(), SystemTelemetry("error")
        )
        self.snapshot = compiled()

    async def open(self, alias: str, text: str = "hi") -> Answer:
        body = {"model": alias, "messages": [{"role": "user", "content": text}], "stream": True}
        raw = json.dumps(body).encode()
        inbound = Inbound("POST", "/v1/chat/completions", {}, {}, raw, "req-1")
        answer = await self.gateway.chat(self.snapshot, "openai-chat", inbound, None)
        assert answer.status == 200, answer.body
        return answer

    # --- events ---------------------------------------------------------------------------------------------

    async def event(self, alias: str, chunks: list[bytes]) -> float:
        """CPU µs for each event of one stream, from its first bytes on."""
        self.upstream.chunks, self.upstream.waiting = chunks, None
        answer = await self.open(alias)
        assert not isinstance(answer.body, bytes)
        size, last = 0, b""
        begin = time.process_time()
        async for piece in answer.body:
            size, last = size + len(piece), piece
        taken = time.process_time() - begin
        assert last.endswith(b"data: [DONE]\n\n") and size > 50 * EVENTS, last[-300:]
        return taken / EVENTS * 1e6

    async def events(self) -> None:
        grouped = [(title, alias, cuts(frames)) for title, alias, frames in CASES]
        best: dict[tuple[str, int], float] = {}
        for _ in range(ROUNDS):  # cases take turns: a busy machine is fair to all
            for title, alias, cut in grouped:
                for number, chunks in cut.items():
                    taken = await self.event(alias, chunks)
                    best[title, number] = min(taken, best.get((title, number), taken))
        print(f"{'CPU µs an event':34} {'1 a chunk':>10} {'10 a chunk':>11} {'budget':>7}")
        for title, _, _ in CASES:
            budget = BUDGETS[title.partition(":")[0]]
            print(f"{title:34} {best[title, 1]:10.2f} {best[title, 10]:11.2f} {budget:7.0f}")

    # --- memory ---------------------------------------------------------------------------------------------

    async def memory(self) -> None:
        print(f"\n{'kB an open stream':34} {'1 kB asked':>10} {'100 kB asked':>12}")
        for title, alias, frames in (CASES[0], CASES[5], CASES[8]):
            held = [await self.held(alias, frames[:50], "x" * size) for size in (1000, 100_000)]
            print(f"{title:34} {held[0]:10.1f} {held[1]:12.1f}")

    async def held(self, alias: str, frames: list[bytes], text: str) -> float:
        """What streams hold that have told of some events and wait for more."""
        self.upstream.chunks, self.upstream.waiting = frames, asyncio.Event()
        number = OPEN if len(text) < 10_000 else OPEN // 10
        await self.waiting(alias, 10, text)
        gc.collect()
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        reading = await self.waiting(alias, number, text)
        gc.collect()
        held = tracemalloc.get_traced_memory()[0] - before
        tracemalloc.stop()
        for task in reading:
            task.cancel()
        await asyncio.gather(*reading, return_exceptions=True)
        return held / number / 1000

    async def waiting(self, alias: str, number: int, text: str) -> list[asyncio.Task[None]]:
        reading = [asyncio.ensure_future(self.read(alias, text)) for _ in range(number)]
        for _ in range(4):
            await asyncio.sleep(0)
        return reading

    async def read(self, alias: str, text: str) -> None:
        answer = await self.open(alias, text)
        assert not isinstance(answer.body, bytes)
        async for _ in answer.body:
            pass


def cuts(frames: list[bytes]) -> dict[int, list[bytes]]:
    tens = [b"".join(frames[start : start + 10]) for start in range(0, len(frames), 10)]
    return {1: frames, 10: tens}


async def main() -> None:
    bench = Bench()
    await bench.events()
    await bench.memory()


if __name__ == "__main__":
    asyncio.run(main())
