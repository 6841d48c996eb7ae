"""What is posted goes out in order, when the event loop has done what was ready, and not to who has left."""

from __future__ import annotations

import asyncio

import pytest

from engine.adapters.outbox import LARGE, MOST, Outbox


class Line(asyncio.Transport):
    """Writes down, in a log that several may share, which of them wrote what."""

    def __init__(self, log: list[bytes], name: bytes = b"") -> None:
        super().__init__()
        self.log, self.name, self.closing = log, name, False

    def write(self, data: bytes) -> None:  # type: ignore[override]
        self.log.append(self.name + data)

    def is_closing(self) -> bool:
        return self.closing


async def test_what_was_ready_is_done_before_anything_is_written() -> None:
    outbox, log = Outbox(), list[bytes]()
    one, two = Line(log, b"1"), Line(log, b"2")

    async def post(line: Line, piece: bytes) -> None:
        outbox.post(line, piece)
        assert log == []

    await asyncio.gather(post(one, b"a"), post(two, b"b"), post(one, b"c"))
    assert log == [b"1a", b"2b", b"1c"]


async def test_the_next_turn_is_another_one() -> None:
    outbox, log = Outbox(), list[bytes]()
    line = Line(log)
    turn = outbox.post(line, b"a")
    assert outbox.turn == turn
    await asyncio.sleep(0)
    assert outbox.turn != turn and log == [b"a"]
    assert outbox.post(line, b"b") == outbox.turn
    await asyncio.sleep(0)
    assert log == [b"a", b"b"]


@pytest.mark.parametrize("lines", [1, MOST])
async def test_much_does_not_wait(lines: int) -> None:
    outbox, log = Outbox(), list[bytes]()
    pieces = [b"x" * LARGE] * (lines - 1) + [b"x" * (LARGE + (lines == 1))]
    turns = {outbox.post(Line(log), piece) for piece in pieces}
    assert log == pieces and outbox.turn not in turns
    outbox.post(Line(log), b"last")
    assert log == pieces
    await asyncio.sleep(0)
    assert log == [*pieces, b"last"]


async def test_of_one_line_no_second_piece_waits() -> None:
    outbox, log = Outbox(), list[bytes]()
    line = Line(log)
    outbox.post(line, b"a")
    outbox.post(line, b"b")
    assert log == [b"a", b"b"]


async def test_to_who_has_left_nothing_is_written() -> None:
    outbox, log = Outbox(), list[bytes]()
    gone, there = Line(log, b"1"), Line(log, b"2")
    outbox.post(gone, b"a")
    outbox.post(there, b"b")
    gone.closing = True
    outbox.flush()
    assert log == [b"2b"]
