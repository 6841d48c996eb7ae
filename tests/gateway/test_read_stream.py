"""A stream that is read as it comes, pulled or poured: the same bytes, the same end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from engine.errors import ErrorClass, ErrorInfo, UpstreamFailed
from engine.gateway.read_stream import ReadStream

FAULT = ErrorInfo(ErrorClass.UPSTREAM, "no")


class Clocks:
    def __init__(self) -> None:
        self.progressed_at: list[int] = []
        self.at = 0

    def progressed(self) -> None:
        self.progressed_at.append(self.at)


class Pieces:
    """A body of which so many pieces are here at once."""

    def __init__(self, *pieces: bytes, here: int = 99) -> None:
        self.pieces = list(pieces)
        self.here = here
        self.deadlines: Any = Clocks()
        self.drained = self.closed = 0

    async def next(self) -> bytes | None:
        self.deadlines.at += 1
        return self.pieces.pop(0) if self.pieces else None

    async def pour(self, take: Callable[[bytes], bool]) -> None:
        while self.pieces and self.here:
            self.here -= 1
            self.deadlines.at += 1
            if not take(self.pieces.pop(0)):
                return

    async def drain(self) -> None:
        self.drained += 1

    async def aclose(self) -> None:
        self.closed += 1


class Shouted(ReadStream):
    """Blanks say nothing, a full stop ends it, a question mark with an error."""

    failure: ErrorInfo | None = None

    @property
    def error(self) -> ErrorInfo | None:
        return self.failure

    def read(self, chunk: bytes | None) -> bytes:
        said = (chunk or b".").strip().upper()
        self.progress = bool(said)
        self.ended = said.endswith((b".", b"?"))
        self.failure = FAULT if said.endswith(b"?") else None
        self.complete = self.ended and self.failure is None
        return said


async def rest(stream: ReadStream) -> list[bytes]:
    said = []
    while (data := await stream.next()) is not None:
        said.append(data)
    return said


async def test_pulled_it_gives_what_says_something_and_is_drained_at_its_end() -> None:
    body = Pieces(b"a", b" ", b"b.", b"never")
    stream = Shouted(body)
    assert await rest(stream) == [b"A", b"B."] and stream.complete
    assert body.deadlines.progressed_at == [1] and body.drained == 1
    await stream.aclose()
    assert body.closed == 1


async def test_poured_it_writes_all_but_the_end() -> None:
    body = Pieces(b"a", b" ", b"b", b"c.", b"never")
    stream, written = Shouted(body), list[bytes]()

    def write(data: bytes) -> bool:
        written.append(data)
        return False

    assert await stream.pour(write) == b"C." and stream.complete
    assert written == [b"A", b"B"] and body.deadlines.progressed_at == [1, 3]
    assert await rest(stream) == [] and body.drained == 1


async def test_a_slow_client_stops_the_pouring_and_its_time_counts_for_nothing() -> None:
    body = Pieces(b"a", b"b", b"c")
    stream = Shouted(body)
    assert await stream.pour(lambda data: data == b"B") == b""
    assert body.pieces == [b"c"] and body.deadlines.progressed_at == [1]
    assert await rest(stream) == [b"C", b"."]
    assert body.deadlines.progressed_at == [1, 2, 3]  # on, when more is asked for


async def test_what_is_not_here_is_waited_for_by_pulling() -> None:
    stream, written = Shouted(Pieces(b"a", b"b", here=1)), list[bytes]()
    assert await stream.pour(lambda data: bool(written.append(data))) == b""
    assert written == [b"A"] and await rest(stream) == [b"B", b"."]


async def test_an_error_comes_after_the_bytes_that_tell_of_it() -> None:
    stream = Shouted(Pieces(b"a", b"b?"))
    assert await stream.pour(lambda data: False) == b"B?" and not stream.complete
    with pytest.raises(UpstreamFailed, match="no"):
        await stream.next()
