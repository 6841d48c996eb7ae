"""Chat Completions, and where compatible platforms differ: under which name thoughts come, if at all."""

from __future__ import annotations

from functools import partial
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

BASE = {"id": "chatcmpl-1", "created": 1_700_000_000, "model": "up"}
USAGE = {
    "prompt_tokens": PROMPT,
    "completion_tokens": OUTPUT,
    "total_tokens": PROMPT + OUTPUT,
    "prompt_tokens_details": {"cached_tokens": CACHED},
    "completion_tokens_details": {"reasoning_tokens": REASONING},
}
TELLS = frozenset({"cached", "reasoning", "citations", "logprobs", "candidates"})
ANNOTATIONS = [
    {
        "type": "url_citation",
        "url_citation": {"url": SOURCE, "title": TITLE, "start_index": 0, "end_index": 9},
    }
]


def finish(script: Script) -> str:
    return "tool_calls" if script.calls else "stop"


def call(made: Call, **more: Any) -> Json:
    return {
        "id": made.id,
        "type": "function",
        "function": {"name": made.name, "arguments": made.text},
        **more,
    }


def thoughts(field: str | None, text: str) -> Json:
    if not field or not text:
        return {}
    if field == "reasoning_details":
        detail = {
            "type": "reasoning.text",
            "text": text,
            "signature": SIGNATURE,
            "format": "a-v1",
            "index": 0,
        }
        return {"reasoning": text, "reasoning_details": [detail]}
    if field == "content":
        return {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": text}]}]}
    return {field: text}


def usage(dialect: str) -> Json:
    """One platform counts reasoning beside the output, another elsewhere."""
    if dialect == "xai":
        return {**USAGE, "completion_tokens": OUTPUT - REASONING}
    if dialect == "perplexity":
        return {**USAGE, "completion_tokens_details": None, "reasoning_tokens": REASONING}
    return USAGE


def whole(dialect: str, field: str | None, script: Script) -> Body:
    message: Json = {"role": "assistant", "content": script.said or None, **thoughts(field, script.thought)}
    if field == "content" and script.thoughts:
        message["content"] = [*message["content"], {"type": "text", "text": script.said}]
    if script.calls:
        message["tool_calls"] = [call(made) for made in script.calls]
    if script.cites:
        message["annotations"] = ANNOTATIONS
    choices = [{"index": 0, "message": message, "finish_reason": finish(script), **logs(script.tokens)}]
    for index, said in enumerate(script.others, 1):
        other = {"role": "assistant", "content": said}
        choices.append({"index": index, "message": other, "finish_reason": "stop"})
    return as_json({**BASE, "object": "chat.completion", "choices": choices, "usage": usage(dialect)})


def logs(tokens: list[Json]) -> Json:
    return {"logprobs": {"content": tokens, "refusal": None}} if tokens else {}


def chunk(delta: Json, reason: str | None = None, index: int = 0, **more: Any) -> Json:
    choice = {"index": index, "delta": delta, "finish_reason": reason, **more}
    return {**BASE, "object": "chat.completion.chunk", "choices": [choice]}


def stream(dialect: str, field: str | None, script: Script) -> Body:
    frames = [chunk({"role": "assistant", "content": ""})]
    frames += [chunk(thoughts(field, piece)) for piece in script.thoughts if field]
    tokens: list[Json | None] = [*script.tokens] or [None] * len(script.text)
    for piece, token in zip(script.text, tokens, strict=True):
        frames.append(chunk({"content": piece}, **logs([token] if token else [])))
    frames += [chunk({"annotations": ANNOTATIONS})] if script.cites else []
    if script.breaks:
        return as_events(*frames[:2], {"error": {"message": BROKEN, "type": "server_error", "code": None}})
    for index, made in enumerate(script.calls):
        opened = call(made, index=index)
        if field == "content":  # the same platform's calls are whole
            frames.append(chunk({"tool_calls": [opened]}))
            continue
        first, rest = in_halves(made.text)
        frames.append(
            chunk({"tool_calls": [{**opened, "function": {"name": made.name, "arguments": first}}]})
        )
        frames.append(chunk({"tool_calls": [{"index": index, "function": {"arguments": rest}}]}))
    frames.append(chunk({}, finish(script)))
    for index, said in enumerate(script.others, 1):
        frames += [chunk({"role": "assistant", "content": said}, index=index), chunk({}, "stop", index)]
    return as_events(
        *frames,
        {**BASE, "object": "chat.completion.chunk", "choices": [], "usage": usage(dialect)},
        end="[DONE]",
    )


FAIL = as_json(
    {"error": {"message": REFUSED, "type": "rate_limit_error", "code": "rate_limit_exceeded", "param": None}},
    429,
)
FAILS = {
    "cloudflare": as_json(
        {"success": False, "errors": [{"code": 0, "message": REFUSED}], "result": None}, 429
    ),
    "zhipu": as_json({"error": {"code": "1302", "message": REFUSED}}, 429),
}
# The field that thoughts come in: None where a platform only counts them.
THOUGHTS: dict[str, str | None] = {
    "openai": None,
    "azure-openai": None,
    "perplexity": None,
    "groq": "reasoning",
    "cerebras": "reasoning",
    "together": "reasoning",
    "lmstudio": "reasoning",
    "openrouter": "reasoning_details",
    "mistral": "content",
}


def platform(dialect: str) -> Platform:
    """Of any dialect that speaks Chat Completions."""
    field = THOUGHTS.get(dialect, "reasoning_content")
    tells = (
        TELLS | ({"thoughts"} if field else set()) | ({"signed"} if field == "reasoning_details" else set())
    )
    return Platform(
        partial(whole, dialect, field),
        partial(stream, dialect, field),
        FAILS.get(dialect, FAIL),
        body_streams,
        tells,
    )
