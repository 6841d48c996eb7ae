"""The connection's own rules, on a transport that only writes down; `contract/` has it on real sockets."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable
from typing import Any, cast

import pytest

from engine.adapters.http1 import connection as connections
from engine.adapters.http1.answer import Answer
from engine.adapters.http1.connection import MAX_AHEAD, SMALL, Connection
from engine.adapters.http1.failures import ConnectionLost, Malformed, NoAnswer, Stale
from engine.adapters.outbox import Outbox

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


class Unread:
    """What TLS holds back while reading is paused; `said_end`: the other side closed it in good order."""

    def __init__(self, *pieces: bytes, said_end: bool) -> None:
        self.pieces = [*pieces, *([b""] if said_end else [])]

    def read(self, size: int) -> bytes:
        if not self.pieces:
            raise ssl.SSLWantReadError
        return self.pieces.pop(0)


class Line:
    """A transport, and the keeper of its connection."""

    def __init__(self) -> None:
        self.did: list[str] = []
        self.written: list[bytes] = []
        self.unsent = 0
        self.tls: Unread | None = None
        self.inbox, self.outbox = memoryview(bytearray(2 * MAX_AHEAD)), Outbox()
        self.connection = Connection(self)
        self.connection.connection_made(cast(asyncio.BaseTransport, self))

    def arrives(self, data: bytes) -> None:
        self.connection.get_buffer(-1)[: len(data)] = data
        self.connection.buffer_updated(len(data))

    def get_extra_info(self, name: str) -> Any:
        return {"ssl_object": self.tls}[name]

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def writelines(self, pieces: Iterable[bytes]) -> None:
        self.written += pieces

    def is_closing(self) -> bool:
        return "abort" in self.did

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def abort(self) -> None:
        self.did.append("abort")

    def pause_reading(self) -> None:
        self.did.append("pause")

    def resume_reading(self) -> None:
        self.did.append("resume")

    def proven(self, connection: Connection) -> None:
        self.did.append("proven")

    def keep(self, connection: Connection, hint: str | None) -> None:
        self.did.append(f"keep {hint}")

    def forget(self, connection: Connection) -> None:
        self.did.append("forget")

    async def ask(
        self, body: bytes = b"", first_byte: float | None = None, *, flush: bool = True
    ) -> tuple[Answer, asyncio.Task[None]]:
        """The call has been written and waits."""
        answer = Answer(65536)
        task = asyncio.ensure_future(self.connection.ask(b"head", body, answer, first_byte))
        await asyncio.sleep(0)
        if flush:
            self.outbox.flush()
        return answer, task


async def test_a_whole_answer_in_one_piece_wakes_its_reader_once_and_frees_the_connection() -> None:
    line = Line()
    for number in range(2):
        answer, task = await line.ask()
        line.arrives(OK)
        await task
        assert (answer.complete, answer.take()) == (True, b"ok")
        assert line.did == ["proven", "keep None", "keep None"][: number + 2]


async def test_a_small_body_goes_with_its_head_and_a_large_one_is_not_copied() -> None:
    small, large = b"x" * (SMALL - 1), b"x" * SMALL
    line = Line()
    _, task = await line.ask(small)
    line.arrives(OK)
    await task
    _, task = await line.ask(large)
    line.connection.abort()
    await task
    assert line.written == [b"head" + small, b"head", large] and line.written[2] is large


async def test_a_reader_that_is_behind_stops_the_reading_until_it_has_taken() -> None:
    line = Line()
    answer, task = await line.ask()
    line.arrives(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (MAX_AHEAD - 1))
    assert line.did == []
    line.arrives(b"x")
    line.arrives(b"x")
    assert line.did == ["pause"]
    await task
    assert len(answer.take()) == MAX_AHEAD + 1
    line.connection.resume()
    line.connection.resume()
    assert line.did == ["pause", "resume"]


@pytest.mark.parametrize("unsent", [0, 1])
async def test_an_answer_before_the_request_is_sent_closes_the_connection(unsent: int) -> None:
    line = Line()
    line.unsent = unsent
    answer, task = await line.ask(flush=bool(unsent))
    line.arrives(OK)
    await task
    assert answer.complete and line.did == ["proven", "forget", "abort"]


async def test_a_malformed_answer_closes_the_connection() -> None:
    line = Line()
    answer, task = await line.ask()
    line.arrives(b"nonsense")
    await task
    assert isinstance(answer.failure, Malformed) and line.did == ["forget", "abort"]


async def test_what_comes_unasked_closes_the_connection_and_is_told_to_who_asks() -> None:
    line = Line()
    line.arrives(b"hello")
    assert line.did == ["forget", "abort"]
    answer, task = await line.ask()
    await task
    assert isinstance(answer.failure, Malformed) and not line.written


async def test_only_a_kept_connection_is_stale() -> None:
    line = Line()
    answer, task = await line.ask()
    line.connection.connection_lost(None)
    await task
    assert type(answer.failure) is ConnectionLost
    kept = Line()
    _, task = await kept.ask()
    kept.arrives(OK)
    await task
    answer, task = await kept.ask()
    kept.connection.connection_lost(ConnectionResetError())
    await task
    assert type(answer.failure) is Stale


async def test_one_timer_serves_many_calls() -> None:
    line = Line()
    for seconds in (10.0, 20.0, 10.0):
        _, task = await line.ask(first_byte=seconds)
        timer = line.connection._timer
        line.arrives(OK)
        await task
        assert line.connection._timer is timer is not None
    _, task = await line.ask(first_byte=5.0)  # sooner than it is set
    assert line.connection._timer is not timer and timer.cancelled()
    line.connection.abort()
    await task
    assert line.connection._timer is not None and line.connection._timer.cancelled()


async def test_a_timer_that_fires_for_an_earlier_call_is_set_anew() -> None:
    line = Line()
    _, task = await line.ask(first_byte=0.02)
    line.arrives(OK)
    await task
    answer, task = await line.ask(first_byte=60.0)
    await asyncio.sleep(0.04)
    assert not answer.over and line.connection._timer is not None
    line.connection._due = 0.0
    line.connection._fire()
    await task
    assert isinstance(answer.failure, NoAnswer) and line.did[-1] == "abort"


async def test_a_connection_that_is_made_after_it_was_called_off_is_closed() -> None:
    line = Line()
    late = Connection(line)
    late.abort()
    late.connection_made(cast(asyncio.BaseTransport, line))
    assert line.did == ["forget", "abort"] and connections.STALE_WITHIN > 0


async def test_a_call_that_is_cancelled_after_its_answer_came_leaves_no_deadline_behind() -> None:
    line = Line()
    _, task = await line.ask(first_byte=0.01)
    line.arrives(OK)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    answer, task = await line.ask(first_byte=None)
    await asyncio.sleep(0.03)
    assert not answer.over and line.did == ["proven", "keep None"]
    line.arrives(OK)
    await task
    assert answer.complete


async def test_a_call_that_is_cancelled_in_its_answer_closes_the_connection() -> None:
    line = Line()
    for came in (b"", OK[:-1]):  # the second wakes the reader, which is cancelled before it runs
        line = Line()
        answer, task = await line.ask()
        if came:
            line.arrives(came)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert line.did == ["forget", "abort"] and isinstance(answer.failure, ConnectionLost)


@pytest.mark.parametrize(
    ("head", "said_end", "whole"),
    [
        (b"content-length: 6\r\n\r\n", False, True),
        (b"content-length: 6\r\n\r\n", True, True),
        (b"content-length: 7\r\n\r\n", True, False),
        (b"\r\n", True, True),
        (b"\r\n", False, False),  # nobody said that this is the end
    ],
)
async def test_what_tls_held_back_when_the_connection_was_lost_is_read(
    head: bytes, said_end: bool, whole: bool
) -> None:
    line = Line()
    line.tls = Unread(b"cd", b"ef", said_end=said_end)
    answer, task = await line.ask()
    line.arrives(b"HTTP/1.1 200 OK\r\n" + head + b"ab")
    await task
    line.connection.connection_lost(None)
    assert answer.take() == b"abcdef" and answer.complete is whole and answer.over
    assert line.did == ["forget"]  # a connection that is gone is not kept
