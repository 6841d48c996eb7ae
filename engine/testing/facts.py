"""Requests, answers and errors in the words that tests use."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson

from engine.errors import ErrorInfo
from engine.events import CHAT_FIELDS, Call, Event, Frame
from engine.surfaces.chat import Chat
from engine.surfaces.forms import is_form, read_form
from engine.testing.match import ABSENT
from engine.wire.registry import FRAMINGS, framing_for

EVENT_LIMIT = 16 * 2**20


def request_facts(call: Call, base_url: str) -> dict[str, Any]:
    """`path` is what follows the base URL, with its query. A token to be had first is `token-test`."""
    token = {"authorization": "Bearer token-test"} if call.grant else {}
    query = dict(parse_qsl(urlsplit(call.url).query, keep_blank_values=True))
    return {
        "method": call.method,
        "path": call.url.removeprefix(base_url.rstrip("/")),
        "query": query,
        "headers": {**call.headers, **token},
        "body": sent_body(call),
    }


def sent_body(call: Call) -> Any:
    """The JSON, or the fields of a form."""
    kind = call.headers.get("content-type", "")
    if is_form(kind):
        return read_form(call.body, kind, {})
    return orjson.loads(call.body) if call.body else None


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


def chat_facts(chat: Chat, body: Any) -> dict[str, Any]:
    """The neutral request: fields of `chat` that are not null, and what mappings see as `body.*`."""
    told = {name: getattr(chat, name) for name in CHAT_FIELDS}
    return {name: value for name, value in told.items() if value is not None} | {"body": body}


def frame_facts(data: bytes, content_type: str) -> list[Any]:
    """What a client's stream holds: the data of each frame, or [event, data] where it has an event."""
    spec = framing_for(content_type)
    if spec is None:
        return list(orjson.loads(data)) if data else []
    found = ((frame.event, parsed(frame.data)) for frame in frames(data, spec.name))
    return [[event, told] if event else told for event, told in found]


def parsed(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def frames(data: bytes, framing: str = "sse") -> list[Frame]:
    """The frames of a client's stream, cut by the engine's own parser."""
    spec = FRAMINGS.get(framing)
    assert spec is not None
    opened = spec.open(EVENT_LIMIT)
    return [*opened.feed(data), *opened.close()]


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
