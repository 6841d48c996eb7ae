"""One JSON array of objects that is sent piecewise; each object is a frame as soon as it is whole.

A stream that is one object instead of an array (an error, say) is one frame. Only the outermost structure is
read here: what stands inside an object is checked by whoever parses it.
"""

from __future__ import annotations

import re
from enum import Enum, auto

from engine.events import Frame
from engine.registry import Example
from engine.wire.framing import FramingError, FramingSpec, strict_text, too_large

BOM = b"\xef\xbb\xbf"
BETWEEN = re.compile(rb"[^ \t\r\n]")
# Everything up to the next bracket, or up to a string whose end is not there yet. Atomic groups, since
# possessive repetition of a group is broken before Python 3.11.5.
NO_BRACKET = re.compile(rb'(?>(?:[^"{}\[\]]++|"(?>(?:[^"\\]++|\\(?s:.))*)")*)')
INSIDE_STRING = re.compile(rb'["\\]')
QUOTE, OPENING = ord('"'), b"{["


class Place(Enum):
    START = auto()  # nothing but white space so far
    FIRST = auto()  # behind `[`
    NEXT = auto()  # behind `,`
    BEHIND = auto()  # behind an element
    END = auto()  # behind `]`, or behind an object that stands alone


# What may stand between the objects: (place, byte) -> the next place. An object is read by `_object`.
STEPS = {
    (Place.START, b"["): Place.FIRST,
    (Place.FIRST, b"]"): Place.END,
    (Place.BEHIND, b","): Place.NEXT,
    (Place.BEHIND, b"]"): Place.END,
}
OBJECT_MAY_BEGIN = {Place.START: Place.END, Place.FIRST: Place.BEHIND, Place.NEXT: Place.BEHIND}


class ArrayStream:
    """`_buffer` begins with the object that is being read, `_read` bytes of it are behind us."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._buffer = bytearray()
        self._read = 0
        self._place = Place.START
        self._depth = 0
        self._in_string = False

    def feed(self, data: bytes) -> list[Frame]:
        self._buffer += data
        frames: list[Frame] = []
        start = 0
        while self._depth or self._next_object():
            start = start if self._depth else self._read
            if not self._object():
                break
            frames.append(self._frame(bytes(self._buffer[start : self._read])))
        self._discard(start if self._depth else self._read)
        return frames

    def close(self) -> list[Frame]:
        if self._depth or self._place is not Place.END:
            raise FramingError("the stream ended in the middle of a JSON array", "truncated_stream")
        return []

    def _frame(self, raw: bytes) -> Frame:
        if len(raw) > self._limit:
            raise too_large(self._limit)
        return Frame(None, strict_text(raw), raw)

    def _discard(self, upto: int) -> None:
        del self._buffer[:upto]
        self._read -= upto
        if len(self._buffer) > self._limit:
            raise too_large(self._limit)

    def _next_object(self) -> bool:
        """Read on to the brace that opens the next object; False when it is not there yet."""
        if self._place is Place.START and self._read == 0:
            if len(self._buffer) < len(BOM) and BOM.startswith(self._buffer):
                return False
            self._read = len(BOM) if self._buffer.startswith(BOM) else 0
        while match := BETWEEN.search(self._buffer, self._read):
            self._read = match.start()
            if match[0] == b"{" and self._place in OBJECT_MAY_BEGIN:
                self._place = OBJECT_MAY_BEGIN[self._place]
                return True
            following = STEPS.get((self._place, match[0]))
            if following is None:
                raise FramingError(f"unexpected {match[0]!r} between the objects of a JSON array")
            self._place = following
            self._read += 1
        self._read = len(self._buffer)
        return False

    def _object(self) -> bool:
        """Read on to behind the brace that closes the object; False when it is not there yet."""
        while self._read < len(self._buffer):
            if self._in_string and not self._string_end():
                return False
            skipped = NO_BRACKET.match(self._buffer, self._read)
            self._read = skipped.end() if skipped else self._read
            if self._read == len(self._buffer):
                return False
            byte = self._buffer[self._read]
            self._read += 1
            if byte == QUOTE:
                self._in_string = True
            else:
                self._depth += 1 if byte in OPENING else -1
                if self._depth == 0:
                    return True
        return False

    def _string_end(self) -> bool:
        """Read on to behind the quote that ends the string; False when it is not there yet."""
        while match := INSIDE_STRING.search(self._buffer, self._read):
            if match[0] == b'"':
                self._read = match.end()
                self._in_string = False
                return True
            if match.end() == len(self._buffer):
                self._read = match.start()
                return False
            self._read = match.end() + 1
        self._read = len(self._buffer)
        return False


SPEC = FramingSpec(
    name="json-array",
    summary="The objects of one JSON array that is sent piecewise.",
    content_types=(),  # it travels as application/json, which says nothing of streaming
    open=ArrayStream,
    examples=(
        Example('[{"a": "}"}\n,\r\n{"a": [2]}]', [[None, '{"a": "}"}'], [None, '{"a": [2]}']]),
        Example('{"error": {}}', [[None, '{"error": {}}']]),
    ),
)
