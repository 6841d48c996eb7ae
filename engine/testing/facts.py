"""Requests, answers and errors in the words that tests use."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson

from engine.errors import ErrorInfo
from engine.events import Call, Event, Frame
from engine.testing.match import ABSENT
from engine.wire.registry import FRAMINGS

EVENT_LIMIT = 16 * 2**20


def request_facts(call: Call, base_url: str) -> dict[str, Any]:
    """`path` is what follows the base URL, with its query."""
    query = dict(parse_qsl(urlsplit(call.url).query, keep_blank_values=True))
    return {
        "method": call.method,
        "path": call.url.removeprefix(base_url.rstrip("/")),
        "query": query,
        "headers": dict(call.headers),
        "body": orjson.loads(call.body) if call.body else None,
    }


def error_facts(info: ErrorInfo) -> dict[str, Any]:
    return {
        "status": info.status,
        "class": info.error_class.value,
        "message": info.message,
        "code": info.code,
        "param": info.param,
        "type": info.type,
        "retry_after": info.retry_after,
    }


def event_facts(events: Iterable[Event]) -> list[list[Any]]:
    """`[kind, fields]`, and the choice where it is not the first."""
    return [[event.kind, event.fields, *([event.choice] if event.choice else [])] for event in events]


def frames(data: bytes) -> list[Frame]:
    """The frames of a client's stream, cut by the engine's own parser."""
    spec = FRAMINGS.get("sse")
    assert spec is not None
    framing = spec.open(EVENT_LIMIT)
    return [*framing.feed(data), *framing.close()]


def stream_facts(data: bytes) -> dict[str, Any]:
    """What a client's stream tells: `chunks`, `deltas`, `finish`, `usage`, and `error` if one ended it."""
    chunks = [orjson.loads(frame.data) for frame in frames(data) if frame.data != "[DONE]"]
    found: dict[str, Any] = {}
    if chunks and "error" in chunks[-1]:
        found["error"] = chunks.pop()["error"]
    choices = [choice for chunk in chunks for choice in chunk.get("choices") or ()]
    found["chunks"] = chunks
    found["deltas"] = [choice.get("delta", {}) for choice in choices]
    finish = next(
        (c["finish_reason"] for c in choices if not c.get("index") and c.get("finish_reason")), ABSENT
    )
    usage = next((chunk["usage"] for chunk in reversed(chunks) if chunk.get("usage")), ABSENT)
    told = {"finish": finish, "usage": usage}
    return found | {name: value for name, value in told.items() if value is not ABSENT}


def completion_facts(body: Any) -> dict[str, Any]:
    """What a whole answer tells: `completion`, `finish`, `usage`."""
    found: dict[str, Any] = {"completion": body, "finish": body["choices"][0]["finish_reason"]}
    return found | ({"usage": body["usage"]} if body.get("usage") else {})
