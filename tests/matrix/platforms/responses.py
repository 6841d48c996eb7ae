"""OpenAI's Responses as a platform."""

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
    Json,
    Platform,
    Script,
    as_events,
    as_json,
    body_streams,
    in_halves,
)

USAGE = {
    "input_tokens": PROMPT,
    "input_tokens_details": {"cached_tokens": CACHED, "cache_write_tokens": 0},
    "output_tokens": OUTPUT,
    "output_tokens_details": {"reasoning_tokens": REASONING},
    "total_tokens": PROMPT + OUTPUT,
}
NOTE = {"type": "url_citation", "url": SOURCE, "title": TITLE, "start_index": 0, "end_index": 9}
SETTINGS: Json = {
    "parallel_tool_calls": True,
    "tool_choice": "auto",
    "tools": [],
    "metadata": {},
    "instructions": None,
}


def items(script: Script) -> list[Json]:
    made: list[Json] = []
    if script.thoughts:
        summary = [{"type": "summary_text", "text": script.thought}]
        made.append({"id": "rs_1", "type": "reasoning", "summary": summary, "encrypted_content": SIGNATURE})
    if script.text:
        notes = [NOTE] if script.cites else []
        content = [
            {"type": "output_text", "text": script.said, "annotations": notes, "logprobs": script.tokens}
        ]
        made.append(
            {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": content}
        )
    for index, call in enumerate(script.calls):
        made.append(
            {
                "id": f"fc_{index}",
                "type": "function_call",
                "status": "completed",
                "call_id": call.id,
                "name": call.name,
                "arguments": call.text,
            }
        )
    return made


def response(script: Script, status: str, **more: Any) -> Json:
    base = {
        "id": "resp_1",
        "object": "response",
        "created_at": 1_700_000_000,
        "model": "up",
        "status": status,
    }
    told: Json = {"output": [], "error": None, "incomplete_details": None, "temperature": 1.0, "top_p": 1.0}
    return {**base, **SETTINGS, **told, **more}


def whole(script: Script) -> Body:
    return as_json(response(script, "completed", output=items(script), usage=USAGE))


def deltas(item: Json, index: int, script: Script) -> list[Json]:
    at: Json = {"item_id": item["id"], "output_index": index}
    if item["type"] == "reasoning":
        part = {"type": "summary_text", "text": ""}
        told: list[Json] = [
            {"type": "response.reasoning_summary_part.added", "summary_index": 0, "part": part, **at}
        ]
        return told + [
            {"type": "response.reasoning_summary_text.delta", "summary_index": 0, "delta": piece, **at}
            for piece in script.thoughts
        ]
    if item["type"] == "message":
        at |= {"content_index": 0}
        part, logs = item["content"][0], [[token] for token in script.tokens] or [[]] * len(script.text)
        told = [{"type": "response.content_part.added", "part": {**part, "text": ""}, **at}]
        told += [
            {"type": "response.output_text.delta", "delta": piece, "logprobs": tokens, **at}
            for piece, tokens in zip(script.text, logs, strict=True)
        ]
        if script.cites:
            note = {"type": "response.output_text.annotation.added", "annotation_index": 0}
            told.append({**note, "annotation": NOTE, **at})
        done = {"type": "response.output_text.done", "text": part["text"], "logprobs": part["logprobs"], **at}
        return [*told, done, {"type": "response.content_part.done", "part": part, **at}]
    return [
        {"type": "response.function_call_arguments.delta", "delta": piece, **at}
        for piece in in_halves(item["arguments"])
    ]


def events(script: Script) -> list[Json]:
    told: list[Json] = [{"type": "response.created", "response": response(script, "in_progress")}]
    for index, item in enumerate(items(script)):
        empty = {"content": []} if item["type"] == "message" else {"summary": []}
        begun = {**item, "arguments": ""} if item["type"] == "function_call" else {**item, **empty}
        told.append({"type": "response.output_item.added", "output_index": index, "item": begun})
        told += deltas(item, index, script)
        if script.breaks:
            error = {"code": "server_error", "message": BROKEN}
            return [
                *told[:4],
                {"type": "response.failed", "response": response(script, "failed", error=error)},
            ]
        told.append({"type": "response.output_item.done", "output_index": index, "item": item})
    end = response(script, "completed", output=items(script), usage=USAGE)
    return [*told, {"type": "response.completed", "response": end}]


def stream(script: Script) -> Body:
    numbered = [{**event, "sequence_number": number} for number, event in enumerate(events(script))]
    return as_events(*((event["type"], event) for event in numbered), named=True)


FAIL = as_json(
    {"error": {"message": REFUSED, "type": "rate_limit_error", "code": "rate_limit_exceeded", "param": None}},
    429,
)


def platform(_: str) -> Platform:
    return Platform(
        whole,
        stream,
        FAIL,
        body_streams,
        frozenset({"thoughts", "cached", "reasoning", "signed", "citations", "logprobs"}),
    )
