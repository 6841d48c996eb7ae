"""The head of an answer as bytes, and the chunks of its body."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus

from engine.events import FixedHeaders
from engine.memo import Memo

STATUS_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n" for status in HTTPStatus}
KEEP, CLOSE = "connection: keep-alive\r\n\r\n", "connection: close\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
CHUNKED = "transfer-encoding: chunked\r\n"
SWITCHING = "HTTP/1.1 101 Switching Protocols\r\n"
UPGRADED = "upgrade: websocket\r\nconnection: Upgrade\r\n\r\n"
LAST_CHUNK = b"0\r\n\r\n"

# Where an answer ends is for the connection alone to say.
FRAMING = frozenset({"connection", "content-length", "keep-alive", "transfer-encoding", "upgrade"})
# Statuses whose answers end with their head.
BODYLESS = frozenset({204, 304})

LINE_ENDS = re.compile(r"[\r\n]+")
NO_MORE = FixedHeaders({})
# Content types whose lines are kept; an upstream may send long ones.
MOST_TYPES = 64


def head_of(
    status: int,
    headers: Mapping[str, str],
    content_type: str | None,
    framing: str,
    *,
    keep_alive: bool,
    shared: FixedHeaders = NO_MORE,
) -> bytes:
    """Status line and headers, to the empty line. `framing`: the line that says where the body ends.

    `shared` are further headers, written once. Raises ValueError for a status that no final answer has.
    """
    if not 200 <= status <= 999:
        raise ValueError(f"no status of an answer: {status}")
    more = shared.lines
    if more is None:
        more = shared.lines = _lines(shared)
    text = f"{more}{_lines(headers)}{_types[content_type]}"
    status_line = STATUS_LINES.get(status) or f"HTTP/1.1 {status} Unknown\r\n"
    end = KEEP if keep_alive else CLOSE
    return f"{status_line}{text}{framing}{end}".encode("utf-8", "surrogateescape")


def switching(headers: Mapping[str, str]) -> bytes:
    """The answer that agrees to a WebSocket."""
    return f"{SWITCHING}{_lines(headers)}{UPGRADED}".encode("utf-8", "surrogateescape")


def _lines(headers: Mapping[str, str]) -> str:
    if not FRAMING.isdisjoint(headers):
        headers = {name: value for name, value in headers.items() if name not in FRAMING}
    if not headers:
        return ""
    text = "\r\n".join(map(": ".join, headers.items()))
    if text.count("\r") == text.count("\n") == len(headers) - 1:
        return f"{text}\r\n"
    # A value with a line of its own would be a header, or an answer, that nobody wrote.
    lines = [f"{name}: {value}" for name, value in headers.items()]
    return "".join([f"{LINE_ENDS.sub('', line)}\r\n" for line in lines])


_types: Memo[str | None, str] = Memo(
    lambda kind: "" if kind is None else _lines({"content-type": kind}), MOST_TYPES
)


def chunk(piece: bytes) -> bytes:
    """A piece of a body as one chunk; it must not be empty, which would end the body."""
    return b"%x\r\n%b\r\n" % (len(piece), piece)
