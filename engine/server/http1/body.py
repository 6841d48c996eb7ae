"""The body of a request while its bytes arrive; `feed` returns what follows it, None until it is complete."""

from __future__ import annotations

import re

from engine.server.refusals import bad_request, too_large

CRLF = b"\r\n"
# Of a line that says how long a chunk is, with its extensions, which mean nothing to us.
MAX_LINE = 1024
# Pieces of fewer bytes than TINY, if there are more than MANY, are put together.
MANY, TINY = 64, 1024
CHUNK = re.compile(rb"([0-9A-Fa-f]{1,16})(?:[ \t]*;[^\0-\x08\n-\x1f\x7f]*)?")


class Received:
    """What came of a body so far, piece by piece; put together once, which copies least.

    A sender of tiny pieces, each an object, gets no more memory by that: many are put together before.
    """

    __slots__ = ("_pieces", "size")

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self.size = 0

    def add(self, piece: bytes) -> None:
        pieces = self._pieces
        pieces.append(piece)
        self.size += len(piece)
        if len(pieces) > MANY + self.size // TINY:
            self._pieces = [b"".join(pieces)]

    def whole(self) -> bytes:
        return b"".join(self._pieces)

    def taken(self) -> bytes:
        """What came since this was last asked for, which is kept no longer; `size` stays that of all."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


class SizedBody(Received):
    """A body whose length was announced."""

    __slots__ = ("_length",)

    def __init__(self, length: int) -> None:
        super().__init__()
        self._length = length

    def feed(self, data: bytes) -> bytes | None:
        missing = self._length - self.size
        if len(data) < missing:
            self.add(data)
            return None
        self.add(data if len(data) == missing else data[:missing])
        return data[missing:]


class ChunkedBody(Received):
    """A body in chunks. Extensions are skipped; trailers are refused: what they say would come too late."""

    __slots__ = ("_lead", "_left", "_limit", "_rest")

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit = limit
        self._left = 0  # bytes that the chunk still lacks
        self._lead = b""  # what ends the chunk before, and so begins the next line
        self._rest = b""  # the beginning of a line

    def feed(self, data: bytes) -> bytes | None:
        """Raises `EngineError`: 400, or 413 as soon as a chunk is announced that is too much."""
        data, at = self._rest + data, 0
        while True:
            if self._left:
                piece = data[at : at + self._left]
                self.add(piece)
                self._left -= len(piece)
                at += len(piece)
            end = -1 if self._left else data.find(CRLF, at + len(self._lead), at + MAX_LINE)
            if end < 0 or (self._size(data, at, end) == 0 and len(data) < end + 4):
                self._wait(data[at:])
                return None
            at = end + 2
            if self._left == 0:
                if data[at : at + 2] != CRLF:
                    raise bad_request()
                return data[at + 2 :]

    def _size(self, data: bytes, at: int, end: int) -> int:
        """Read the line from `at` to `end`: how long the chunk after it is."""
        found = CHUNK.fullmatch(data, at + len(self._lead), end)
        if found is None or not data.startswith(self._lead, at):
            raise bad_request()
        size = int(found[1], 16)
        if self.size + size > self._limit:
            raise too_large(self._limit)
        if size:
            self._left, self._lead = size, CRLF
        return size

    def _wait(self, rest: bytes) -> None:
        """Keep the beginning of a line until the rest of it comes."""
        if len(rest) >= MAX_LINE:
            raise bad_request()
        self._rest = rest
