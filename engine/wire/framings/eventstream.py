"""Binary event streams: each message has a prelude with its lengths, typed headers, a payload, two checksums.

An event and an exception are named by a header of their own; an error without a payload is the event `error`,
`{"code", "message"}`. Numbers are big-endian, checksums are CRC-32.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable
from typing import Any

from engine.events import Frame
from engine.registry import Example
from engine.wire.framing import FramingError, FramingSpec, strict_text, too_large

# The length of the message, that of its headers, the checksum of both.
PRELUDE = struct.Struct(">III")
CHECKSUM = struct.Struct(">I")
LENGTH = struct.Struct(">H")
AROUND = PRELUDE.size + CHECKSUM.size

NAMED_BY = {"event": ":event-type", "exception": ":exception-type"}
BYTES, STRING = 6, 7


def _number(form: str) -> tuple[int, Callable[[bytes], Any]]:
    shape = struct.Struct(form)
    return shape.size, lambda value: shape.unpack(value)[0]


# Type of a header -> how long its value is and what it says. The two that are missing say their length.
FIXED: dict[int, tuple[int, Callable[[bytes], Any]]] = {
    0: (0, lambda _: True),
    1: (0, lambda _: False),
    2: _number(">b"),
    3: _number(">h"),
    4: _number(">i"),
    5: _number(">q"),
    8: _number(">q"),  # milliseconds since 1970
    9: (16, bytes.hex),
}


class Messages:
    """The bytes of the unfinished message wait in `_buffer`."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._buffer = bytearray()
        self._wanted = 0  # the length of the message that waits, once its prelude is there

    def feed(self, data: bytes) -> list[Frame]:
        buffer = self._buffer
        buffer += data
        frames: list[Frame] = []
        start = 0
        while True:
            if not self._wanted and len(buffer) - start >= PRELUDE.size:
                self._wanted = self._length(bytes(buffer[start : start + PRELUDE.size]))
            end = start + self._wanted
            if not self._wanted or len(buffer) < end:
                break
            frames.append(frame_of(bytes(buffer[start:end])))
            start, self._wanted = end, 0
        del buffer[:start]
        return frames

    def close(self) -> list[Frame]:
        if self._buffer:
            raise FramingError("the stream ended in the middle of a message", "truncated_stream")
        return []

    def _length(self, prelude: bytes) -> int:
        total, headers, checksum = PRELUDE.unpack(prelude)
        if zlib.crc32(prelude[: -CHECKSUM.size]) != checksum:
            raise FramingError("the checksum of a message's prelude is wrong")
        if total < AROUND + headers:
            raise FramingError(f"a message of {total} bytes cannot have {headers} bytes of headers")
        if total > self._limit:
            raise too_large(self._limit)
        return int(total)


def frame_of(message: bytes) -> Frame:
    """The frame of a whole message whose prelude is right. Raises `FramingError`."""
    (checksum,) = CHECKSUM.unpack(message[-CHECKSUM.size :])
    if zlib.crc32(message[: -CHECKSUM.size]) != checksum:
        raise FramingError("the checksum of a message is wrong")
    begin = PRELUDE.size + PRELUDE.unpack_from(message)[1]
    headers = headers_of(message[PRELUDE.size : begin])
    payload = strict_text(message[begin : -CHECKSUM.size])
    kind = headers.get(":message-type", "event")
    if kind == "error":
        told = {"code": headers.get(":error-code"), "message": headers.get(":error-message")}
        return Frame("error", payload or json.dumps(told), message)
    name = headers.get(NAMED_BY.get(str(kind), ""))
    return Frame(name if isinstance(name, str) else None, payload or "{}", message)


def headers_of(data: bytes) -> dict[str, Any]:
    """The headers by name. Raises `FramingError` where they are cut short or of no known type."""
    found: dict[str, Any] = {}
    rest = _Reader(data)
    while rest.left:
        name = strict_text(rest.take(rest.take(1)[0]))
        kind = rest.take(1)[0]
        if kind in FIXED:
            size, value_of = FIXED[kind]
            found[name] = value_of(rest.take(size))
        elif kind in (BYTES, STRING):
            value = rest.take(LENGTH.unpack(rest.take(LENGTH.size))[0])
            found[name] = strict_text(value) if kind == STRING else value
        else:
            raise FramingError(f"a header is of the unknown type {kind}")
    return found


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._read = 0

    @property
    def left(self) -> int:
        return len(self._data) - self._read

    def take(self, size: int) -> bytes:
        if size > self.left:
            raise FramingError("the headers of a message are cut short")
        self._read += size
        return self._data[self._read - size : self._read]


def message_of(event: str | None, data: str) -> bytes:
    """A message as a platform would send it; what ends in `Exception` is one."""
    kind = "exception" if event and event.endswith("Exception") else "event"
    named = {NAMED_BY[kind]: event} if event else {}
    headers = b"".join(_header(name, text) for name, text in {**named, ":message-type": kind}.items())
    payload = data.encode()
    lengths = struct.pack(">II", AROUND + len(headers) + len(payload), len(headers))
    message = b"".join((lengths, CHECKSUM.pack(zlib.crc32(lengths)), headers, payload))
    return message + CHECKSUM.pack(zlib.crc32(message))


def _header(name: str, text: str) -> bytes:
    return b"".join(
        (bytes((len(name),)), name.encode(), bytes((STRING,)), LENGTH.pack(len(text)), text.encode())
    )


SPEC = FramingSpec(
    name="aws-eventstream",
    summary="Binary messages with typed headers, checksums checked; named as their event or exception is.",
    content_types=("application/vnd.amazon.eventstream",),
    open=Messages,
    bare=False,
    write=message_of,
    examples=(
        Example(
            "AAAAWQAAADB2+EJ/CzpldmVudC10eXBlBwALbWVzc2FnZVN0b3ANOm1lc3NhZ2UtdHlwZQcABWV2ZW50"
            "eyJzdG9wUmVhc29uIjoiZW5kX3R1cm4ifUb3Sbw=",
            [["messageStop", '{"stopReason":"end_turn"}']],
        ),
        Example(
            "AAAAZwAAAEA47DWkDzpleGNlcHRpb24tdHlwZQcAE3Rocm90dGxpbmdFeGNlcHRpb24NOm1lc3NhZ2Ut"
            "dHlwZQcACWV4Y2VwdGlvbnsibWVzc2FnZSI6InNsb3cgZG93biJ9Vpqruw==",
            [["throttlingException", '{"message":"slow down"}']],
        ),
    ),
)
