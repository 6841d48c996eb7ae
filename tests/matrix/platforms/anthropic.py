"""Anthropic's Messages."""

from __future__ import annotations

from typing import Any

from tests.matrix.script import (
    BROKEN,
    CACHED,
    OUTPUT,
    PROMPT,
    REASONING,
    REFUSED,
    SIGNATURE,
    SOURCE,
    TITLE,
    Body,
    Call,
    Json,
    Platform,
    Script,
    as_events,
    as_json,
    body_streams,
    in_halves,
)

IN = {"input_tokens": PROMPT - CACHED, "cache_read_input_tokens": CACHED, "cache_creation_input_tokens": 0}
OUT = {"output_tokens": OUTPUT, "output_tokens_details": {"thinking_tokens": REASONING}}
NOTE = {
    "type": "web_search_result_location",
    "cited_text": "Rhein",
    "encrypted_index": "e1",
    "title": TITLE,
    "url": SOURCE,
}
MESSAGE = {"id": "msg_1", "type": "message", "role": "assistant", "model": "up", "stop_sequence": None}


def stop(script: Script) -> str:
    return "tool_use" if script.calls else "end_turn"


def tool(made: Call, given: Any) -> Json:
    return {"type": "tool_use", "id": made.id, "name": made.name, "input": given}


def whole(script: Script) -> Body:
    content: list[Json] = []
    if script.thoughts:
        content.append({"type": "thinking", "thinking": script.thought, "signature": SIGNATURE})
    if script.text:
        content.append({"type": "text", "text": script.said, "citations": [NOTE] if script.cites else None})
    content += [tool(made, made.given) for made in script.calls]
    return as_json({**MESSAGE, "content": content, "stop_reason": stop(script), "usage": {**IN, **OUT}})


def blocks(script: Script) -> list[tuple[Json, list[Json]]]:
    """Each content block as it starts, and its deltas."""
    found: list[tuple[Json, list[Json]]] = []
    if script.thoughts:
        deltas: list[Json] = [{"type": "thinking_delta", "thinking": piece} for piece in script.thoughts]
        deltas.append({"type": "signature_delta", "signature": SIGNATURE})
        found.append(({"type": "thinking", "thinking": "", "signature": ""}, deltas))
    if script.text:
        deltas = [{"type": "text_delta", "text": piece} for piece in script.text]
        deltas += [{"type": "citations_delta", "citation": NOTE}] if script.cites else []
        found.append(({"type": "text", "text": ""}, deltas))
    for made in script.calls:
        deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in in_halves(made.text)]
        found.append((tool(made, {}), deltas))
    return found


def events(script: Script) -> list[Json]:
    start = {**MESSAGE, "content": [], "stop_reason": None, "usage": {**IN, "output_tokens": 1}}
    told: list[Json] = [{"type": "message_start", "message": start}, {"type": "ping"}]
    for index, (block, deltas) in enumerate(blocks(script)):
        told.append({"type": "content_block_start", "index": index, "content_block": block})
        told += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
        if script.breaks:
            return [*told[:4], {"type": "error", "error": {"type": "api_error", "message": BROKEN}}]
        told.append({"type": "content_block_stop", "index": index})
    told.append({"type": "message_delta", "delta": {"stop_reason": stop(script)}, "usage": {**IN, **OUT}})
    return [*told, {"type": "message_stop"}]


def stream(script: Script) -> Body:
    return as_events(*((event["type"], event) for event in events(script)), named=True)


FAIL = as_json({"type": "error", "error": {"type": "rate_limit_error", "message": REFUSED}}, 429)


def platform(_: str) -> Platform:
    return Platform(
        whole,
        stream,
        FAIL,
        body_streams,
        frozenset({"thoughts", "cached", "reasoning", "signed", "citations"}),
    )
