"""A whole answer as one `chat.completion`."""

from __future__ import annotations

from typing import Any

from engine.surfaces.answer import Folded, FoldedChoice, Meta, ToolCall
from engine.surfaces.fold import add_extra
from engine.surfaces.openai_chat.shapes import (
    EXTRA,
    Json,
    annotation,
    call_extra,
    logprobs,
    reasoning_detail,
    usage,
)


def completion(folded: Folded, meta: Meta) -> Json:
    """The body of an answer that is not streamed. What the upstream said of itself wins over `meta`."""
    start = folded.start
    extra = dict(folded.extra)
    made: Json = {
        "id": start.get("id") or meta.id,
        "object": "chat.completion",
        "created": start.get("created") or meta.created,
        "model": start.get("model") or meta.model,
        "choices": [choice(item, extra) for item in folded.choices],
    }
    if folded.usage:
        made["usage"] = usage(folded.usage)
    if start.get("service_tier"):
        made["service_tier"] = start["service_tier"]
    if start.get("fingerprint"):
        made["system_fingerprint"] = start["fingerprint"]
    if extra:
        made[EXTRA] = extra
    return made


def choice(item: FoldedChoice, extra: Json) -> Json:
    return {
        "index": item.index,
        "message": message(item, extra),
        "logprobs": logprobs(item.logprobs) if item.logprobs else None,
        "finish_reason": item.finish,
    }


def message(item: FoldedChoice, extra: Json) -> Json:
    """`content` is null when there is something else instead; `extra` takes what has no place here."""
    instead = item.tool_calls or item.refusal or item.audio
    made: Json = {
        "role": "assistant",
        "content": item.text or (None if instead else item.text),
        "refusal": item.refusal,
    }
    if item.reasoning:
        made["reasoning_content"] = item.reasoning
    details = reasoning_details(item)
    if details:
        made["reasoning_details"] = details
    if item.tool_calls:
        made["tool_calls"] = [tool_call(call) for call in item.tool_calls]
    annotations = [annotation(citation) for citation in item.citations]
    if any(annotations):
        made["annotations"] = [note for note in annotations if note]
    rest = [given for given, note in zip(item.citations, annotations, strict=True) if not note]
    if rest:
        add_extra(extra, {"citations": rest})
    if item.audio:
        made["audio"] = audio(item.audio)
    return made


def reasoning_details(item: FoldedChoice) -> list[Json]:
    return [
        reasoning_detail(index, thought.text, thought.signature, thought.extra)
        for index, thought in enumerate(item.thoughts)
        if thought.signature or thought.extra
    ]


def tool_call(call: ToolCall) -> Json:
    """A function's call, or that of a custom tool, whose input is any text."""
    if call.extra and call.extra.get("type") == "custom":
        made: Json = {"type": "custom", "custom": {"name": call.name, "input": call.arguments}}
    else:
        made = {"type": "function", "function": {"name": call.name, "arguments": call.arguments}}
    return {"id": call.id, **made, **call_extra(call.extra)}


def audio(fields: Any) -> Json:
    return {"id": "", "data": "", "transcript": "", "expires_at": 0, **fields}
