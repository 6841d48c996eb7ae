from __future__ import annotations

import socket
import subprocess

import pytest

from engine.bench.load import load
from engine.bench.order import Order
from engine.bench.plan import dump, load_result
from engine.bench.servers import free_port, python
from tests.bench.serving import Says, answer, plan, serving


@pytest.mark.parametrize("stream", [False, True])
async def test_right_answers_are_counted(stream: bool) -> None:
    async with serving() as port:
        result = await load(plan(port, Order(events=7), stream=stream))
    assert (result.requests, result.errors, result.events) == (5, 0, 35)
    assert 0 < result.first_byte.p50 <= result.latency.p50 <= result.latency.most
    assert result.rate == pytest.approx(5 / result.elapsed)


async def test_wrong_answers_are_errors() -> None:
    async with serving(lambda: Says(answer(b'{"choices": []}'))) as port:
        result = await load(plan(port))
    assert (result.requests, result.errors) == (0, 5)
    assert "0 of 18 events came" in result.examples[0]


async def test_fewer_events_than_ordered_are_an_error() -> None:
    async with serving() as port:
        result = await load(plan(port, Order(events=3), stream=True, events=4))
    assert result.errors == 5 and "3 of 4 events" in result.examples[0]


async def test_an_answer_that_breaks_off_is_an_error_and_the_client_connects_again() -> None:
    async with serving(lambda: Says(answer(b"half", length=10), then_closes=True)) as port:
        result = await load(plan(port))
    assert (result.requests, result.errors) == (0, 5)
    assert result.examples == ("the connection ended in mid-answer, after 4 bytes",)


async def test_streams_that_must_break() -> None:
    async with serving() as port:
        cut = await load(plan(port, Order(events=9, dies=3), stream=True, breaks=True))
        complete = await load(plan(port, Order(events=9), stream=True, breaks=True))
    assert (cut.requests, cut.errors) == (5, 0)
    assert complete.errors == 5 and complete.examples == ("a cut stream looks complete",)


async def test_a_server_that_never_answers_is_not_waited_for_for_ever() -> None:
    async with serving(lambda: Says(b"")) as port:
        result = await load(plan(port, seconds=0.05, grace=0.05))
    assert (result.requests, result.errors) == (0, 2)


async def test_requests_at_a_rate_start_when_they_are_due() -> None:
    async with serving() as port:
        result = await load(plan(port, rate=200.0, requests=20))
    assert result.requests == 20 and not result.errors
    assert result.elapsed >= 19 / 200


async def test_the_warm_up_is_counted_but_not_timed() -> None:
    async with serving() as port:
        result = await load(plan(port, warmup=60.0))
    assert result.requests == 5 and result.latency.most == 0


async def test_no_server() -> None:
    async with serving() as port:
        pass
    with pytest.raises(OSError):
        await load(plan(port))


def test_as_a_program() -> None:
    port = free_port()
    command = python("engine.bench.upstream", str(port))
    with subprocess.Popen(command) as upstream:
        try:
            while upstream.poll() is None and not reachable(port):
                pass
            given = dump(plan(port))
            told = subprocess.run(
                python("engine.bench.load"), input=given, capture_output=True, text=True, check=True
            )
        finally:
            upstream.kill()
    result = load_result(told.stdout)
    assert (result.requests, result.errors) == (5, 0)


def reachable(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
