"""What the gateway itself costs, for whole answers: `python -m benchmarks.gateway [--profile CASE]`.

A compiled site, the real `Gateway` and its telemetry (written to /dev/null), an upstream that has its answer
ready; no sockets. CPU time, so that a busy machine only blurs it; the best of rounds that take turns.
"""

from __future__ import annotations

import argparse
import cProfile
import os
import pstats
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import orjson
import uvloop

from benchmarks.mapping import large, small
from engine.adapters.clock import SystemClock
from engine.adapters.counters import LocalCounters
from engine.adapters.entropy import SystemEntropy
from engine.adapters.telemetry import SystemTelemetry
from engine.config.site import SiteFiles
from engine.events import Call, Inbound
from engine.gateway.gateway import Gateway
from engine.snapshot.compile import compile_site
from engine.snapshot.model import Snapshot

ROUNDS = 100
BATCH_SECONDS = 0.004
Json = dict[str, Any]

SITE = """
version: 1
providers:
  oai: {dialect: openai, base_url: "http://up.test/v1", pool: pool}
  ant: {dialect: anthropic, base_url: "http://up.test", pool: pool}
  gem: {dialect: gemini, base_url: "http://up.test", pool: pool}
clients:
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", metavar="CASE", help="profile the case that begins so, instead of all")
    parser.add_argument("--log", default="info", help="log level")
    options = parser.parse_args()
    loop = uvloop.new_event_loop()
    quiet = os.open(os.devnull, os.O_WRONLY)
    shown = os.dup(2)
    os.dup2(quiet, 2)
    try:
        benches = [
            Bench(case, loop, options.log) for case in cases() if case.title.startswith(options.profile or "")
        ]
        if options.profile:
            profile(benches[0])
        else:
            table(benches)
    finally:
        os.dup2(shown, 2)


@dataclass(frozen=True)
class Case:
    """One line of the table. `model` chooses the dialect; `answer` is the upstream's body."""

    title: str
    snapshot: Snapshot
    model: str
    body: bytes
    answer: bytes


def cases() -> list[Case]:
    plain, crowded = site(), site(aliases=10_000, clients=1_000, credentials=1_000)
    bodies = {"1 kB": small(), "30 kB": large(), "1 MB": huge()}
    made = [
        Case(f"{title} {size}", plain, model, request(body, model), ANSWERS[model]("18 degrees."))
        for title, model in MODELS.items()
        for size, body in bodies.items()
    ]
    made += [
        Case(
            f"{title} 1 kB, answer 1 MB",
            plain,
            model,
            request(small(), model),
            ANSWERS[model]("word " * 200_000),
        )
        for title, model in MODELS.items()
    ]
    made.append(
        Case(
            "passthrough 1 kB, crowded",
            crowded,
            "oai",
            request(small(), "oai"),
            ANSWERS["oai"]("18 degrees."),
        )
    )
    made.append(
        Case(
            "passthrough 1 kB, model kept",
            plain,
            "gpt-x",
            request(small(), "gpt-x"),
            ANSWERS["oai"]("18 degrees."),
        )
    )
    return made


MODELS = {"passthrough": "oai", "to anthropic": "ant", "to gemini": "gem"}


class Bench:
    """One case, ready to run."""

    def __init__(self, case: Case, loop: Any, level: str) -> None:
        self.title = case.title
        self._case = case
        self._loop = loop
        upstream: Any = Ready(case.answer)
        telemetry = SystemTelemetry(level)
        self._gateway = Gateway(upstream, SystemClock(), SystemEntropy(), LocalCounters(), telemetry)
        self._client = case.snapshot.clients[-1]
        self.run(1)
        self.number = max(int(BATCH_SECONDS / (self.run(20) / 20)), 2)

    def run(self, number: int) -> float:
        """CPU seconds of so many requests, one after the other."""
        return self._loop.run_until_complete(self._run(number))

    async def _run(self, number: int) -> float:
        inbounds = [self._inbound() for _ in range(number)]
        began = time.process_time()
        for inbound in inbounds:
            answer = await self._gateway.chat(self._case.snapshot, "openai-chat", inbound, self._client)
            await answer.aclose()
        spent = time.process_time() - began
        assert answer.status == 200, answer.body
        return spent

    def _inbound(self) -> Inbound:
        headers = {
            "host": "127.0.0.1:8080",
            "authorization": "Bearer sk-client",
            "content-type": "application/json",
            "user-agent": "bench",
        }
        return Inbound(
            "POST", "/v1/chat/completions", {}, headers, self._case.body, "req-0123456789abcdef01234567"
        )


def table(benches: list[Bench]) -> None:
    best = [float("inf")] * len(benches)
    for _ in range(ROUNDS):
        for index, bench in enumerate(benches):
            best[index] = min(best[index], bench.run(bench.number) / bench.number * 1e6)
    for bench, microseconds in zip(benches, best, strict=True):
        print(f"{bench.title:30} {microseconds:9.1f} µs")


def profile(bench: Bench) -> None:
    profiler = cProfile.Profile()
    profiler.enable()
    bench.run(bench.number)
    profiler.disable()
    print(bench.title, bench.number, "requests")
    pstats.Stats(profiler).sort_stats("tottime").print_stats(45)


# --- the world -------------------------------------------------------------------------------------------


class Ready:
    """An upstream whose answer is there at once."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer

    async def send(self, call: Call) -> ReadyReply:
        return ReadyReply(self._answer)


class ReadyReply:
    status = 200

    def __init__(self, answer: bytes) -> None:
        self.headers = {"content-type": "application/json", "content-length": str(len(answer))}
        self._answer = answer

    def arrived(self) -> bytes | None:
        return None

    async def chunks(self) -> AsyncIterator[bytes]:
        yield self._answer

    async def aclose(self) -> None:
        return None


class NoSecrets:
    def env(self, name: str) -> str | None:
        return None

    def file(self, path: str) -> str | None:
        return None


def site(aliases: int = 10, clients: int = 1, credentials: int = 2) -> Snapshot:
    """A site of so many; those that are not asked for are there to be passed by."""
    lines = [SITE.strip()]
    lines += [f"  c{n}: {{key: sk-client-{n}}}" for n in range(clients)]
    lines += ["pools:", "  pool:", "    strategy: round_robin", "    credentials:"]
    lines += [f"      - {{id: k{n}, key: sk-upstream-{n:09}}}" for n in range(credentials)]
    lines += ["models:", "  gpt-x: {targets: [oai/gpt-x]}"]
    lines += [
        "  oai: {targets: [oai/gpt-x]}",
        "  ant: {targets: [ant/claude-x]}",
        "  gem: {targets: [gem/gemini-x]}",
    ]
    lines += [f"  other-{n}: {{targets: [oai/gpt-{n}]}}" for n in range(aliases)]
    made = compile_site(SiteFiles({"routes.d/site.yaml": "\n".join(lines).encode()}), NoSecrets())
    assert made.snapshot is not None, [f"{found.at} {found.message}" for found in made.diagnostics]
    return made.snapshot


def request(body: Json, model: str) -> bytes:
    whole = {name: value for name, value in body.items() if name != "stream"}
    return orjson.dumps({**whole, "model": model})


def huge() -> Json:
    """About 1 MB: the 30 kB body with longer texts."""
    body = large()
    for message in body["messages"]:
        if isinstance(message["content"], str):
            message["content"] = message["content"] * 60
    return body


def chat_answer(text: str) -> bytes:
    message = {"role": "assistant", "content": text}
    usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    return orjson.dumps(
        {
            "id": "x-1",
            "object": "chat.completion",
            "created": 1,
            "model": "m",
            "choices": [choice],
            "usage": usage,
        }
    )


def blocks_answer(text: str) -> bytes:
    content = [{"type": "text", "text": text}]
    usage = {"input_tokens": 100, "output_tokens": 20}
    return orjson.dumps(
        {
            "id": "x-1",
            "type": "message",
            "model": "m",
            "content": content,
            "stop_reason": "end_turn",
            "usage": usage,
        }
    )


def parts_answer(text: str) -> bytes:
    candidate = {"content": {"role": "model", "parts": [{"text": text}]}, "finishReason": "STOP", "index": 0}
    usage = {"promptTokenCount": 100, "candidatesTokenCount": 20, "totalTokenCount": 120}
    return orjson.dumps(
        {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "m", "responseId": "x-1"}
    )


ANSWERS: dict[str, Callable[[str], bytes]] = {"oai": chat_answer, "ant": blocks_answer, "gem": parts_answer}


if __name__ == "__main__":
    main()
