"""A whole answer as one `chat.completion`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.surfaces.answer import Folded, FoldedChoice, Meta, ToolCall
from engine.surfaces.fold import add_extra
from engine.surfaces.openai_chat.shapes import (
    EXTRA,
    Json,
    annotation,
    call_extra,
    image,
    logprobs,
    reasoning_detail,
    usage,
)


def completion(folded: Folded, meta: Meta) -> Json:
    """The body of an answer that is not streamed. What the upstream said of itself wins over `meta`."""
    told = folded.start.get
    extra = dict(folded.extra) if folded.extra else {}
    choices = []
    for item in folded.choices:
        choices.append(choice(item, extra))
    made: Json = {
        "id": told("id") or meta.id,
        "object": "chat.completion",
        "created": told("created") or meta.created,
        "model": told("model") or meta.model,
        "choices": choices,
    }
    if folded.usage:
        made["usage"] = usage(folded.usage)
    if told("service_tier"):
        made["service_tier"] = told("service_tier")
    if told("fingerprint"):
        made["system_fingerprint"] = told("fingerprint")
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
    instead = item.tool_calls or item.refusal or item.audio or item.images
    made: Json = {
        "role": "assistant",
        "content": item.text or (None if instead else item.text),
        "refusal": item.refusal,
    }
    if item.thoughts:
        add_reasoning(made, item)
    if item.tool_calls:
        made["tool_calls"] = [tool_call(call) for call in item.tool_calls]
    if item.citations:
        add_citations(made, item.citations, extra)
    if item.audio:
        made["audio"] = audio(item.audio)
    if item.images:
        made["images"] = [image(index, fields) for index, fields in enumerate(item.images)]
    return made


def add_reasoning(made: Json, item: FoldedChoice) -> None:
    if item.reasoning:
        made["reasoning_content"] = item.reasoning
    details = [
        reasoning_detail(index, thought.text, thought.signature, thought.extra)
        for index, thought in enumerate(item.thoughts)
        if thought.signature or thought.extra
    ]
    if details:
        made["reasoning_details"] = details


def add_citations(made: Json, citations: Sequence[Mapping[str, Any]], extra: Json) -> None:
    annotations = [annotation(citation) for citation in citations]
    if any(annotations):
        made["annotations"] = [note for note in annotations if note]
    rest = [given for given, note in zip(citations, annotations, strict=True) if not note]
    if rest:
        add_extra(extra, {"citations": rest})


def tool_call(call: ToolCall) -> Json:
    """A function's call, or that of a custom tool, whose input is any text."""
    if call.extra and call.extra.get("type") == "custom":
        made: Json = {"type": "custom", "custom": {"name": call.name, "input": call.arguments}}
    else:
        made = {"type": "function", "function": {"name": call.name, "arguments": call.arguments}}
    return {"id": call.id, **made, **call_extra(call.extra)}


def audio(fields: Any) -> Json:
    return {"id": "", "data": "", "transcript": "", "expires_at": 0, **fields}
