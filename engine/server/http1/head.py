"""The head of a request: one strict grammar.

What one server reads in one way and the next in another is how requests are smuggled, so it is refused.
"""

from __future__ import annotations

import re
import sys
from typing import NamedTuple
from urllib.parse import urlsplit

from engine.server.refusals import bad_request, expectation_failed

END = b"\r\n\r\n"

TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]"
VALUE = r"[\t -~\x80-\U0010FFFF]"
# Possessive (`++`): nothing here is ever read a second time, so no input is slow.
FIELDS = rf"(?:{TOKEN}++:{VALUE}*+\r\n)*+"
HEAD = re.compile(rf"({TOKEN}++) ([!-~]++) HTTP/1\.([01])\r\n({FIELDS})")
FIELD = re.compile(r"([^:]++):([^\r]*+)\r\n")
# No head has this in it, whatever follows: a TLS greeting, say, or lines that end in a bare LF.
HOPELESS = re.compile(rb"\A[^!#-'*+.0-9A-Z^-z|~-]|[^\r]\n|\r[^\n]|\0")

# As some servers know this coding only when nothing follows it, not even a blank, no other way is taken.
CHUNKED = re.compile(r"(?:\A|\n)transfer-encoding:[ \t]*chunked\r\n", re.IGNORECASE | re.ASCII)
# Fields that a request has once: two of them are two opinions about where it ends or whom it is for.
SINGLE = frozenset({"content-length", "host", "transfer-encoding"})
# A length of more digits is beyond every limit.
MAX_DIGITS = 18


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


# Stands for a request that could not be read.
UNREAD = Head("NONE", "*", "", {})


def parse_head(block: bytes) -> Head:
    """The head in `block`, which ends with the CRLF of its last line. Raises `EngineError`: 400 or 417."""
    text = block.decode("utf-8", "surrogateescape")
    found = HEAD.fullmatch(text)
    if found is None:
        raise bad_request()
    method, target, minor, lines = found.groups()
    headers = _headers(lines)
    old = minor == "0"
    if target[0] == "/":
        path, query = _parts(target)
    else:
        path, query = _other_target(target, headers)
    length = _length(headers, lines, old)
    expects = _expects(headers) if "expect" in headers else False
    keep_alive = _keeps_alive(headers["connection"], old) if "connection" in headers else not old
    # The expectation of an HTTP/1.0 client is none (RFC 9110, 10.1.1).
    return Head(method, path, query, headers, length, keep_alive, old, expects and not old and length != 0)


def check_beginning(data: bytes, start: int) -> None:
    """Raises `EngineError` when no head can become of what came so far; it was checked up to `start`."""
    if HOPELESS.search(data, max(0, start - 1)):
        raise bad_request()


def _headers(lines: str) -> dict[str, str]:
    fields = FIELD.findall(lines)
    headers = {name.lower(): value.strip(" \t") for name, value in fields}
    return headers if len(headers) == len(fields) else _joined(fields)


def _joined(fields: list[tuple[str, str]]) -> dict[str, str]:
    values: dict[str, list[str]] = {}
    for name, value in fields:
        values.setdefault(name.lower(), []).append(value.strip(" \t"))
    if any(len(values.get(name, ())) > 1 for name in SINGLE):
        raise bad_request()
    return {name: ", ".join(several) for name, several in values.items()}


def _parts(target: str) -> tuple[str, str]:
    if "#" in target:
        target = target.partition("#")[0]
    path, _, query = target.partition("?")
    return path, query


def _other_target(target: str, headers: dict[str, str]) -> tuple[str, str]:
    """A whole URL, whose host then counts, or `*`."""
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


def _length(headers: dict[str, str], lines: str, old: bool) -> int | None:
    """How long the body is; None: chunked. Only one header may say so, and only in plain words."""
    length = headers.get("content-length")
    if "transfer-encoding" in headers:
        if length is not None or old or not CHUNKED.search(lines):
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
