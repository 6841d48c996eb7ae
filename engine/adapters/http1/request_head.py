"""A call as the bytes that stand before its body."""

from __future__ import annotations

import re
from functools import lru_cache

from engine.adapters.address import DEFAULT_HEADERS, Address
from engine.adapters.http1.failures import Unsendable
from engine.events import Call, FixedHeaders

TOKEN = re.compile(r"[-!#$%&'*+.^_`|~0-9A-Za-z]+")
VISIBLE = re.compile(r"[\x21-\x7e]+")

CHUNKED = b"transfer-encoding: chunked\r\n"

# Whose answers tell nothing of a body need not say that they send none; of these a server would ask.
SAY_EMPTY = frozenset(("POST", "PUT", "PATCH"))


def request_head(call: Call, address: Address) -> bytes:
    """The path goes out byte for byte as the call has it, since a signature may cover it.

    The framing is not the caller's: a length that it gives is replaced, a transfer coding left out.
    Raises `Unsendable`, which does not say what cannot be sent, since that may be the credential.
    """
    length = b""
    if call.upload is not None:
        known = call.upload.length
        length = CHUNKED if known is None else b"content-length: %d\r\n" % known
    elif call.body or call.method in SAY_EMPTY:
        length = b"content-length: %d\r\n" % len(call.body)
    kept = call.headers.encoded if isinstance(call.headers, FixedHeaders) else None
    if kept is None or kept[0] is not call.url or kept[1] != call.method:
        kept = _encoded(call, address)
    return b"%s%s\r\n" % (kept[2], length)


def _encoded(call: Call, address: Address) -> tuple[str, str, bytes]:
    """The head as far as it is the same for all bodies; kept with headers that are there for many calls."""
    headers = {"host": address.host, **DEFAULT_HEADERS}
    for name, value in call.headers.items():
        headers[_field_name(name)] = value
    headers.pop("transfer-encoding", None)
    headers.pop("content-length", None)
    lines = [f"{name}: {value}\r\n" for name, value in headers.items()]
    try:
        block = "".join(lines).encode("utf-8")
    except UnicodeEncodeError:
        raise Unsendable from None
    # A value that holds a line break makes more of them than there are lines.
    if not block.count(b"\n") == block.count(b"\r") == block.count(b"\r\n") == len(lines) or b"\0" in block:
        raise Unsendable
    encoded = call.url, call.method, _request_line(call.method, address.target) + block
    if isinstance(call.headers, FixedHeaders):
        call.headers.encoded = encoded
    return encoded


@lru_cache(maxsize=1024)
def _request_line(method: str, target: bytes) -> bytes:
    if not TOKEN.fullmatch(method) or not VISIBLE.fullmatch(target.decode("ascii")):
        raise Unsendable
    return b"%s %s HTTP/1.1\r\n" % (method.encode("ascii"), target)


@lru_cache(maxsize=1024)
def _field_name(name: str) -> str:
    if not TOKEN.fullmatch(name):
        raise Unsendable
    return name.lower()
