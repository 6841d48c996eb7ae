"""The head of a request: one strict grammar.

What one server reads in one way and the next in another is how requests are smuggled, so it is refused.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from functools import partial
from typing import NamedTuple, TypeVar
from urllib.parse import urlsplit

from engine.server.refusals import bad_request, expectation_failed

END = b"\r\n\r\n"

TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]"
# Possessive (`++`): nothing here is ever read a second time, so no input is slow.
REQUEST = re.compile(rf"({TOKEN}++) ([!-~]++) HTTP/1\.([01])")
NAME = re.compile(rf"{TOKEN}++")
VALUE = re.compile(r"[\t -~\x80-\U0010FFFF]*+")
# No head has this in it, whatever follows: a TLS greeting, say, or lines that end in a bare LF.
HOPELESS = re.compile(rb"\A[^!#-'*+.0-9A-Z^-z|~-]|[^\r]\n|\r[^\n]|\0")

# As some servers know this coding only when nothing follows it, not even a blank, no other way is taken.
CHUNKED = re.compile(r"\ntransfer-encoding:[ \t]*chunked\r\n", re.IGNORECASE | re.ASCII)
# Fields that a request has once: two of them are two opinions about where it ends or whom it is for.
SINGLE = frozenset({"content-length", "host", "transfer-encoding"})
# A length of more digits is beyond every limit.
MAX_DIGITS = 18

# What a client and its library say of themselves is the same each time, and no secret.
REPEATED = re.compile(r"accept(?:-.++)?|connection|content-type|host|user-agent|x-stainless-.++")
MOST_SEEN, LONGEST_SEEN = 512, 256

T = TypeVar("T")


class Seen(dict[str, T]):
    """Lines that come again and again, and what they say: they are read once."""

    def note(self, line: str, said: T) -> None:
        if len(line) <= LONGEST_SEEN:
            if len(self) >= MOST_SEEN:
                self.clear()
            self[line] = said


class Head(NamedTuple):
    """`path` and `query` (what follows the `?`) are as sent; names of headers are lower case.

    `length` is the body's in bytes, None when it comes in chunks. `old`: HTTP/1.0.
    """

    method: str
    path: str
    query: str
    headers: dict[str, str]
    length: int | None = 0
    keep_alive: bool = False
    old: bool = False
    expects: bool = False


new_head = partial(tuple.__new__, Head)
"""`Head(…)` of a tuple, see `engine.events.new_event`."""

# Stands for a request that could not be read.
UNREAD = Head("NONE", "*", "", {})

_requests: Seen[tuple[str, str, bool]] = Seen()
# Name and value of a line; of a name as sent, how it is known and whether its lines come again.
_fields: Seen[tuple[str, str]] = Seen()
_names: Seen[tuple[str, bool]] = Seen()


def parse_head(block: bytes) -> Head:
    """The head in `block`, which ends with the CRLF of its last line. Raises `EngineError`: 400 or 417."""
    text = block.decode("utf-8", "surrogateescape")
    lines = text.split("\r\n")
    if lines.pop():
        raise bad_request()
    method, target, old = _requests.get(first := lines.pop(0)) or _request(first)
    headers = _headers(lines)
    if "?" in target or target[0] != "/":
        path, query = _parts(target, headers)
    else:
        path, query = target, ""
    length = _length(headers, text, old)
    expects = _expects(headers) if "expect" in headers else False
    keep_alive = _keeps_alive(headers["connection"], old) if "connection" in headers else not old
    # The expectation of an HTTP/1.0 client is none (RFC 9110, 10.1.1).
    return new_head(
        (method, path, query, headers, length, keep_alive, old, expects and not old and length != 0)
    )


def check_beginning(data: bytes, start: int) -> None:
    """Raises `EngineError` when no head can become of what came so far; it was checked up to `start`."""
    if HOPELESS.search(data, max(0, start - 1)):
        raise bad_request()


def _request(line: str) -> tuple[str, str, bool]:
    """Method and target, and whether it is HTTP/1.0."""
    found = REQUEST.fullmatch(line)
    if found is None:
        raise bad_request()
    method, target, minor = found.groups()
    old = minor == "0"
    if target[0] != "/":
        return method, target, old
    said = method, target.partition("#")[0], old
    if "?" not in target:  # a query may hold a key
        _requests.note(line, said)
    return said


def _headers(lines: list[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        name, value = _fields.get(line) or _field(line)
        headers[name] = value
    return headers if len(headers) == len(lines) else _joined(map(_field, lines))


def _field(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    lower, repeated = _names.get(name) or _name(name)
    value = value.strip(" \t")
    if not colon or not ((value.isascii() and value.isprintable()) or VALUE.fullmatch(value)):
        raise bad_request()
    if repeated:
        _fields.note(line, (lower, value))
    return lower, value


def _name(name: str) -> tuple[str, bool]:
    if not NAME.fullmatch(name):
        raise bad_request()
    lower = name.lower()
    said = lower, REPEATED.fullmatch(lower) is not None
    _names.note(name, said)
    return said


def _joined(fields: Iterable[tuple[str, str]]) -> dict[str, str]:
    values: dict[str, list[str]] = {}
    for name, value in fields:
        values.setdefault(name, []).append(value)
    if any(len(values.get(name, ())) > 1 for name in SINGLE):
        raise bad_request()
    return {name: ", ".join(several) for name, several in values.items()}


def _parts(target: str, headers: dict[str, str]) -> tuple[str, str]:
    """Path and query. Of a whole URL, its host then counts; or the target is `*`."""
    if target[0] == "/":
        path, _, query = target.partition("?")
        return path, query
    if target == "*":
        return target, ""
    try:
        url = urlsplit(target)
        proper = url.scheme in ("http", "https") and url.hostname and "@" not in url.netloc
    except ValueError:
        proper = False
    if not proper:
        raise bad_request()
    headers["host"] = url.netloc
    return url.path or "/", url.query


def _length(headers: dict[str, str], text: str, old: bool) -> int | None:
    """How long the body is; None: chunked. Only one header may say so, and only in plain words."""
    length = headers.get("content-length")
    if "transfer-encoding" in headers:
        if length is not None or old or not CHUNKED.search(text):
            raise bad_request()
        return None
    if length is None:
        return 0
    if not (length.isascii() and length.isdigit()):
        raise bad_request()
    return int(length) if len(length) <= MAX_DIGITS else sys.maxsize


def _expects(headers: dict[str, str]) -> bool:
    if headers["expect"].lower() != "100-continue":
        raise expectation_failed()
    return True


def _keeps_alive(connection: str, old: bool) -> bool:
    words = {word.strip().lower() for word in connection.split(",")}
    return "close" not in words and (not old or "keep-alive" in words)
