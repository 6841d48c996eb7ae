"""Whether an answer is the right one: a benchmark of wrong answers is worth nothing.

Every answer's words are counted; the first of each connection is read as a client would read it.
"""

from __future__ import annotations

from typing import Any

import orjson

from engine.bench.order import FILLERS, WORD

DONE = b"data: [DONE]"
_WORD = WORD.encode()
_BARE = {ord(filler): None for filler in FILLERS}


def fault_of(status: int, body: bytes, events: int, *, stream: bool, thorough: bool = False) -> str | None:
    """Why this is not the answer that was ordered; None when it is."""
    if status != 200:
        return f"status {status}: {body[:200].decode('utf-8', 'replace')}"
    found = body.count(_WORD)
    if found != events:
        return f"{found} of {events} events came: …{body[-160:].decode('utf-8', 'replace')}"
    if stream and DONE not in body[-32:]:
        return f"the stream has no end: …{body[-160:].decode('utf-8', 'replace')}"
    if not thorough:
        return None
    return _stream_fault(body, events) if stream else _whole_fault(body, events)


def tells_end(status: int, body: bytes, *, whole: bool) -> str | None:
    """Why a client cannot know that this stream, which had begun, was cut; None when it can."""
    if status != 200 or _WORD not in body:
        return f"status {status}, and no event before the cut: {body[:160].decode('utf-8', 'replace')}"
    return "a cut stream looks complete" if whole and b'"error"' not in body else None


def _whole_fault(body: bytes, events: int) -> str | None:
    try:
        answer = orjson.loads(body)
        choice = answer["choices"][0]
        text, finish, usage = choice["message"]["content"], choice["finish_reason"], answer["usage"]
    except (orjson.JSONDecodeError, LookupError, TypeError) as exc:
        return f"not a chat completion ({exc!r}): {body[:160].decode('utf-8', 'replace')}"
    return _content_fault(text, finish, usage, events)


def _stream_fault(body: bytes, events: int) -> str | None:
    texts: list[str] = []
    finish: Any = None
    usage: Any = None
    for line in body.splitlines():
        data = line.removeprefix(b"data:").strip()
        if not line.startswith(b"data:") or data == b"[DONE]":
            continue
        try:
            event = orjson.loads(data)
            usage = event.get("usage") or usage
            for choice in event["choices"]:
                texts.append(choice["delta"].get("content") or "")
                finish = choice.get("finish_reason") or finish
        except (orjson.JSONDecodeError, LookupError, TypeError, AttributeError) as exc:
            return f"not a chunk of a chat completion ({exc!r}): {data[:160].decode('utf-8', 'replace')}"
    return _content_fault("".join(texts), finish, usage, events)


def _content_fault(text: Any, finish: Any, usage: Any, events: int) -> str | None:
    if not isinstance(text, str) or text.translate(_BARE) != WORD * events:
        return f"a wrong text: {str(text)[:80]!r}"
    if finish != "stop":
        return f"finish_reason is {finish!r}"
    if not isinstance(usage, dict) or usage.get("completion_tokens") != 21:
        return f"usage is {usage!r}"
    return None
