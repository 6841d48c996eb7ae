from __future__ import annotations

import pytest

from engine.bench.connection import Connection
from engine.bench.order import WORD, Order
from tests.bench.serving import Says, answer, plan, serving


async def test_requests_follow_one_another_on_one_connection() -> None:
    async with serving() as port:
        connection = await Connection.to(port)
        message = plan(port, Order(events=3), stream=True).message
        for _ in range(3):
            exchange = await connection.exchange(message)
            assert exchange.whole and exchange.status == 200
            assert b"".join(exchange.pieces).count(WORD.encode()) == 3
            assert exchange.began <= exchange.first_byte <= exchange.ended
        assert connection.open
        connection.close()


async def test_time_runs_from_when_a_request_was_due() -> None:
    async with serving() as port:
        connection = await Connection.to(port)
        exchange = await connection.exchange(plan(port).message, due=1.0)
        assert exchange.began == 1.0
        connection.close()


@pytest.mark.parametrize("said", [answer(b"half", length=10), b"", b"nonsense\r\n\r\n"])
async def test_an_answer_that_does_not_end(said: bytes) -> None:
    async with serving(lambda: Says(said, then_closes=True)) as port:
        connection = await Connection.to(port)
        exchange = await connection.exchange(b"GET / HTTP/1.1\r\n\r\n")
        assert not exchange.whole and not connection.open


async def test_a_server_that_closes_behind_its_answer() -> None:
    said = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok"
    async with serving(lambda: Says(said)) as port:
        connection = await Connection.to(port)
        exchange = await connection.exchange(b"GET / HTTP/1.1\r\n\r\n")
        assert exchange.whole and not connection.open
        connection.close()


async def test_a_slow_reader_gets_everything_in_the_end() -> None:
    async with serving() as port:
        connection = await Connection.to(port, stall=0.01)
        exchange = await connection.exchange(plan(port, Order(events=500, size=1000), stream=True).message)
        assert b"".join(exchange.pieces).count(WORD.encode()) == 500
        connection.close()
