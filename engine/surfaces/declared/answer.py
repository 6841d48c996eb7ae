"""A whole answer as the names that a surface's templates see."""

from __future__ import annotations

from typing import Any

from engine.surfaces.answer import Folded, FoldedChoice, Meta, Thought, ToolCall
from engine.surfaces.openai_chat.messages import object_in

Json = dict[str, Any]


def answer_names(folded: Folded, meta: Meta) -> Json:
    """`id model created … usage extra`, the `choices`, and the fields of the first as names of their own."""
    choices = [choice_names(choice) for choice in folded.choices]
    first = choices[0] if choices else {}
    return {
        **first,
        "choices": choices,
        **begin(folded.start, meta),
        "usage": dict(folded.usage) if folded.usage else None,
        "extra": dict(folded.extra),
    }


def begin(start: Any, meta: Meta) -> Json:
    """What an answer says of itself; where its upstream does not, what the engine says."""
    return {
        **start,
        "id": start.get("id") or meta.id,
        "model": start.get("model") or meta.model,
        "created": start.get("created") or meta.created,
    }


def choice_names(choice: FoldedChoice) -> Json:
    return {
        "index": choice.index,
        "finish": choice.finish,
        "text": choice.text,
        "reasoning": choice.reasoning,
        "refusal": choice.refusal,
        "tool_calls": [call_part(call) for call in choice.tool_calls],
        "citations": list(choice.citations),
        "logprobs": dict(choice.logprobs) if choice.logprobs else None,
        "audio": dict(choice.audio) if choice.audio else None,
        "images": list(choice.images),
        "parts": parts_of(choice),
    }


def parts_of(choice: FoldedChoice) -> list[Json]:
    """The content in the order in which it came."""
    calls = list(choice.tool_calls)
    if not choice.parts:
        return [*_text(choice.text, choice.citations), *map(call_part, calls)]
    made: list[Json] = []
    for kind, value in choice.parts:
        if kind == "text":
            made += _text(*value)
        elif kind == "tool_call":
            made += [call_part(calls[value])] if value < len(calls) else []
        elif kind == "reasoning":
            made.append(thought_part(value))
        elif kind == "image":
            made.append({"type": "image", **value})
        elif kind == "extra":
            made.append({"type": "extra", "extra": value})
        else:
            made.append({"type": kind, "text": value})
    told = {value for kind, value in choice.parts if kind == "tool_call"}
    return [*made, *(call_part(call) for index, call in enumerate(calls) if index not in told)]


def _text(text: str | None, citations: Any) -> list[Json]:
    if not text and not citations:
        return []
    return [{"type": "text", "text": text or "", **({"citations": list(citations)} if citations else {})}]


def thought_part(thought: Thought) -> Json:
    made: Json = {"type": "reasoning", "text": thought.text}
    if thought.signature:
        made["signature"] = thought.signature
    return {**made, "extra": dict(thought.extra)} if thought.extra else made


def call_part(call: ToolCall) -> Json:
    made: Json = {
        "type": "tool_call",
        "id": call.id,
        "name": call.name,
        "arguments": call.arguments,
        "input": object_in(call.arguments) or {},
    }
    return {**made, "extra": dict(call.extra)} if call.extra else made
