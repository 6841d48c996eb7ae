"""A client's stream: one end, told once, whoever brings it about."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from engine.errors import ErrorClass, ErrorInfo, UpstreamFailed
from engine.gateway.streaming import ClientStream

FAULT = ErrorInfo(ErrorClass.UPSTREAM, "lost")


class Pieces:
    """A source: bytes, an error to raise, or a time to hang."""

    usage = None

    def __init__(self, *pieces: Any, says_so: bool = False) -> None:
        """With `says_so` it knows that it is complete once its last piece was given."""
        self.pieces = list(pieces)
        self.closed = 0
        self.says_so = says_so

    @property
    def complete(self) -> bool:
        return self.says_so and not self.pieces

    async def whole(self) -> bytes:
        raise AssertionError

    async def next(self) -> bytes | None:
        piece = self.pieces.pop(0) if self.pieces else None
        if isinstance(piece, ErrorInfo):
            raise UpstreamFailed(piece)
        if isinstance(piece, float):
            await asyncio.sleep(piece)
        return piece if isinstance(piece, bytes) else None

    async def pour(self, write: Callable[[bytes], bool]) -> bytes:
        """All that is here, but for the last of them."""
        while self.pieces and not isinstance(self.pieces[0], float):
            piece = await self.next()
            if self.complete:
                return piece or b""
            if piece is not None and write(piece):
                break
        return b""

    def broken(self, info: ErrorInfo) -> bytes:
        return f"!{info.message}".encode()

    async def aclose(self) -> None:
        self.closed += 1


class Told:
    def __init__(self) -> None:
        self.all: list[tuple[ErrorInfo | None, bool]] = []

    def __call__(self, error: ErrorInfo | None, *, gone: bool) -> ErrorInfo | None:
        self.all.append((error, gone))
        return ErrorInfo(ErrorClass.UPSTREAM, "shown") if error else None


@pytest.mark.parametrize(
    ("pieces", "read", "told"),
    [
        ([b"b", b"c"], b"abc", [(None, False)]),
        ([b"b", FAULT], b"ab!shown", [(FAULT, False)]),
        ([], b"a", [(None, False)]),
    ],
)
async def test_to_the_end(pieces: list[Any], read: bytes, told: list[Any]) -> None:
    source, ended = Pieces(*pieces), Told()
    stream = ClientStream(b"a", source, ended)
    assert b"".join([piece async for piece in stream]) == read
    await stream.aclose()
    assert [piece async for piece in stream] == []
    assert ended.all == told
    assert source.closed >= 1


async def test_the_end_is_told_before_the_last_bytes_are_given() -> None:
    ended = Told()
    stream = ClientStream(b"a", Pieces(b"b", b"c", says_so=True), ended)
    told_by_then = [(piece, len(ended.all)) async for piece in stream]
    assert told_by_then == [(b"a", 0), (b"b", 0), (b"c", 1)]
    await stream.aclose()
    assert ended.all == [(None, False)]


async def test_the_first_bytes_may_be_the_last() -> None:
    ended = Told()
    stream = ClientStream(b"a", Pieces(says_so=True), ended)
    assert (await anext(stream), ended.all) == (b"a", [(None, False)])


async def test_left_before_the_first_byte_was_read() -> None:
    source, ended = Pieces(b"b"), Told()
    stream = ClientStream(b"a", source, ended)
    await stream.aclose()
    assert [piece async for piece in stream] == []
    assert (ended.all, source.closed) == ([(None, True)], 1)


async def test_cancelled_while_it_waits() -> None:
    source, ended = Pieces(60.0), Told()
    stream = ClientStream(b"a", source, ended)
    await anext(stream)
    waiting = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert (ended.all, source.closed) == ([(None, True)], 1)


@pytest.mark.parametrize(
    ("source", "read", "told"),
    [
        (Pieces(b"b", b"c"), b"abc", [(None, False)]),
        (Pieces(b"b", b"c", says_so=True), b"abc", [(None, False)]),
        (Pieces(b"b", FAULT), b"ab!shown", [(FAULT, False)]),
        (Pieces(), b"a", [(None, False)]),
    ],
)
async def test_poured_to_the_end(source: Pieces, read: bytes, told: list[Any]) -> None:
    ended, written = Told(), list[bytes]()

    def write(piece: bytes) -> bool:
        assert not ended.all  # whatever is the last is given by iterating, behind the end's being told
        written.append(piece)
        return False

    stream = ClientStream(b"a", source, ended)
    await stream.pour(write)  # the first bytes come first
    assert written == []
    async for piece in stream:
        written.append(piece)
        await stream.pour(write)
    assert b"".join(written) == read and ended.all == told and source.closed >= 1


async def test_a_client_that_leaves_while_it_is_poured_for() -> None:
    class Hangs(Pieces):
        async def pour(self, write: Callable[[bytes], bool]) -> bytes:
            await asyncio.sleep(60)
            raise AssertionError

    source, ended = Hangs(), Told()
    stream = ClientStream(b"a", source, ended)
    await anext(stream)
    pouring = asyncio.ensure_future(stream.pour(lambda piece: False))
    await asyncio.sleep(0)
    pouring.cancel()
    with pytest.raises(asyncio.CancelledError):
        await pouring
    assert ended.all == [(None, True)] and source.closed == 1
