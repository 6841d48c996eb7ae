"""How a client of the hub reads: streams back into chunks, chunks into events, with the official SDK's types."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from openai.types.chat import ChatCompletion, ChatCompletionChunk

from engine.events import Event


def payloads(stream: bytes) -> list[str]:
    """The `data:` of each event; every event must be one line and end with a blank one."""
    *frames, rest = stream.decode().split("\n\n")
    assert rest == "" and all(frame.startswith("data: ") and "\n" not in frame for frame in frames)
    return [frame.removeprefix("data: ") for frame in frames]


def chunks(stream: bytes) -> list[dict[str, Any]]:
    """All chunks before `[DONE]`, each of them one that the SDK's own type takes."""
    found = [json.loads(payload) for payload in payloads(stream) if payload != "[DONE]"]
    for chunk in found:
        if "error" not in chunk:
            strict(ChatCompletionChunk, chunk)
    return found


def deltas(stream: bytes) -> list[dict[str, Any]]:
    return [choice["delta"] for chunk in chunks(stream) for choice in chunk.get("choices", [])]


def strict(model: type[ChatCompletion] | type[ChatCompletionChunk], data: dict[str, Any]) -> Any:
    """Parsed by the SDK's type without any conversion of types."""
    return model.model_validate(data, strict=True)


def events_of(chunk: dict[str, Any], *, merged: bool = False) -> Iterator[Event]:
    """A chunk, or with `merged` a whole completion, of any platform that calls itself compatible."""
    if chunk.get("error"):
        yield Event("error", {"message": chunk["error"]["message"]})
    yield Event(
        "start", {"id": chunk.get("id"), "model": chunk.get("model"), "created": chunk.get("created")}
    )
    for choice in chunk.get("choices") or ():
        index = choice.get("index") or 0
        yield from delta_events(choice.get("message" if merged else "delta") or {}, index)
        if choice.get("logprobs"):
            yield Event("logprobs", choice["logprobs"], index)
        yield Event("finish", {"reason": choice.get("finish_reason")}, index)
    usage = chunk.get("usage") or (chunk.get("x_groq") or {}).get("usage")
    if usage:
        yield Event("usage", usage_fields(usage))


def usage_fields(usage: dict[str, Any]) -> dict[str, Any]:
    prompt = usage.get("prompt_tokens_details") or {}
    completion = usage.get("completion_tokens_details") or {}
    return {
        "prompt": usage.get("prompt_tokens"),
        "output": usage.get("completion_tokens"),
        "total": usage.get("total_tokens"),
        "cache_read": prompt.get("cached_tokens"),
        "reasoning": completion.get("reasoning_tokens"),
    }


def delta_events(delta: dict[str, Any], index: int) -> Iterator[Event]:
    yield Event("reasoning", {"text": delta.get("reasoning_content") or delta.get("reasoning")}, index)
    content = delta.get("content")
    for part in content if isinstance(content, list) else [{"type": "text", "text": content}]:
        if part["type"] == "text" and part["text"] is not None:
            yield Event("text", {"text": part["text"]}, index)
    if delta.get("refusal"):
        yield Event("refusal", {"text": delta["refusal"]}, index)
    for note in delta.get("annotations") or ():
        yield Event("citation", note, index)
    for call in delta.get("tool_calls") or ():
        function = call.get("function") or call.get("custom") or {}
        fields = {"key": call.get("index"), "id": call.get("id"), "name": function.get("name")}
        yield Event(
            "tool_call", {**fields, "arguments": function.get("arguments", function.get("input"))}, index
        )
