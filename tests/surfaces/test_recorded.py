"""Recorded traffic of many platforms, through framing, fold and encoder, and back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openai.types.chat import ChatCompletion

from engine.events import Event
from engine.surfaces.answer import Folded
from engine.surfaces.fold import Fold
from engine.surfaces.openai_chat.completion import completion
from engine.surfaces.openai_chat.encode import StreamEncoder
from tests.surfaces.events import counting, meta
from tests.surfaces.openai_chat.reading import chunks, events_of, strict
from tests.wire.cuts import cut_at, read

RECORDED = Path(__file__).parents[3] / "shared" / "wire" / "recorded"
APIS = {
    "openai-chat", "azure-openai-chat", "azure-ai-inference-chat", "deepseek-chat", "dashscope-openai-chat", "groq-chat",
    "mistral-chat", "moonshot-chat", "ollama-openai-chat", "openrouter-chat", "together-chat", "xai-chat", "zhipu-chat",
    "huggingface-chat", "perplexity-chat", "writer-chat",
}  # fmt: skip


def recordings(stream: bool) -> list[tuple[str, Any]]:
    if not RECORDED.exists():
        return []
    found = []
    for path in sorted(RECORDED.glob(f"*/*-chat.{'stream' if stream else 'json'}.*.json")):
        record = json.loads(path.read_text(encoding="utf-8"))
        if record["api"] in APIS and record["response"]["status"] == 200:
            found.append((path.name, record["response"]))
    return found


pytestmark = pytest.mark.skipif(not RECORDED.exists(), reason="no recorded traffic beside the repository")


def frames(body: str) -> Iterator[list[Event]]:
    data = body.encode()
    for frame in read("sse", cut_at(data, range(3, len(data), 37))):
        if frame.data == "[DONE]":
            yield [Event("done", {})]
        else:
            yield list(events_of(json.loads(frame.data)))


def refold(stream: bytes) -> Folded:
    """What a client of our own stream understands."""
    fold = Fold(counting())
    for chunk in chunks(stream):
        fold.feed(events_of(chunk))
    fold.end()
    return fold.result()


def words(folded: Folded) -> list[tuple[Any, ...]]:
    """What must be the same on both sides of a conversion. A stream cannot tell no text from an empty one."""
    return [
        (c.index, c.text or None, c.reasoning, c.refusal, c.finish, c.tool_calls, c.logprobs)
        for c in folded.choices
    ]


@pytest.mark.parametrize(("name", "response"), recordings(stream=True), ids=lambda value: str(value)[:60])
def test_streams(name: str, response: Any) -> None:
    fold, encoder = Fold(counting()), StreamEncoder(meta(), include_usage=True)
    stream = b"".join(encoder.encode(fold.feed(events)) for events in frames(response["body_text"]))
    stream += encoder.encode(fold.end())
    result = fold.result()
    if result.error:
        assert "error" in chunks(stream)[-1] and b"[DONE]" not in stream
        assert '"error"' in response["body_text"]
        return
    assert stream.endswith(b"data: [DONE]\n\n")
    again = refold(stream)
    assert words(again) == words(result)
    assert again.usage == result.usage
    strict(ChatCompletion, completion(result, meta()))
    assert_said_in_full(response["body_text"], result)


def assert_said_in_full(body: str, result: Folded) -> None:
    """Every piece of text and arguments of the recording, in order, is in the answer."""
    for choice in result.choices:
        said: dict[str, list[str]] = {"text": [], "arguments": []}
        for events in frames(body):
            for event in events:
                if event.choice == choice.index and event.kind == "text":
                    said["text"].append(event.fields["text"])
                if event.choice == choice.index and event.kind == "tool_call":
                    said["arguments"].append(event.fields["arguments"] or "")
        assert (choice.text or "") == "".join(said["text"])
        told = "".join(call.arguments for call in choice.tool_calls)
        assert told in ("".join(said["arguments"]), "".join(said["arguments"]) + "{}")
        assert all(json.loads(call.arguments) is not None for call in choice.tool_calls)
        assert all(call.id and call.name for call in choice.tool_calls)


@pytest.mark.parametrize(("name", "response"), recordings(stream=False), ids=lambda value: str(value)[:60])
def test_whole_answers(name: str, response: Any) -> None:
    body = response.get("body")
    if not isinstance(body, dict) or not body.get("choices"):
        pytest.skip("no chat completion")
    fold = Fold(counting())
    events = [event for event in events_of(body, merged=True) if event.kind != "done"]
    fold.feed(events)
    fold.end(complete=True)
    result = fold.result()
    made = completion(result, meta())
    strict(ChatCompletion, made)
    for ours, theirs in zip(made["choices"], body["choices"], strict=True):
        message = theirs.get("message") or {}
        if isinstance(message.get("content"), str):
            assert (ours["message"]["content"] or "") == message["content"]
        assert len(ours["message"].get("tool_calls", [])) == len(message.get("tool_calls") or [])
    streamed = StreamEncoder(meta()).encode([Event("start", {}), *Fold(counting()).feed(events)])
    assert words(refold(streamed + StreamEncoder(meta()).encode(ends(events)))) == words(result)


def ends(events: list[Event]) -> list[Event]:
    fold = Fold(counting())
    fold.feed(events)
    return [event for event in fold.end(complete=True) if event.kind in ("finish", "usage", "done")]


def test_there_are_enough() -> None:
    assert len(recordings(stream=True)) > 40 and len(recordings(stream=False)) > 40
