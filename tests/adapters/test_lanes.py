from __future__ import annotations

import asyncio
import ssl

import pytest

from engine.adapters import lanes
from engine.adapters.lanes import Lanes
from engine.events import Channel

TLS = ssl.create_default_context()
A, B = "http://a", "http://b"


class Time:
    now = 0.0

    def monotonic(self) -> float:
        return self.now


async def test_a_free_connection_is_taken_again_the_newest_first() -> None:
    made = Lanes(Channel(), TLS)
    one, two = made.take(A), made.take(A)
    assert one is not two
    await made.give(A, one)
    await made.give(A, two)
    assert made.take(B) not in (one, two)
    assert (made.take(A), made.take(A)) == (two, one)
    await made.aclose()


async def test_what_was_free_for_too_long_is_closed() -> None:
    time = Time()
    made = Lanes(Channel(), TLS, time.monotonic)
    old, new = made.take(A), made.take(A)
    await made.give(A, old)
    time.now = lanes.KEPT_FOR + 1
    await made.give(A, new)
    assert made.take(A) is new and made.take(A) is not old
    await made.aclose()


async def test_a_dropped_one_does_not_come_back() -> None:
    made = Lanes(Channel(), TLS)
    one = made.take(A)
    await made.drop(one)
    await made.give(A, one)
    assert made.take(A) is not one
    await made.aclose()


async def test_http_2_shares_one() -> None:
    made = Lanes(Channel(http2=True), TLS)
    one = made.take(A)
    await made.drop(one)
    assert made.take(B) is one
    await made.aclose()


async def test_a_proxy_that_is_none() -> None:
    with pytest.raises(ValueError, match="ftp"):
        Lanes(Channel(proxy="ftp://h"), TLS).take(A)


async def test_what_is_free_for_too_long_is_closed_though_nobody_calls() -> None:
    time = Time()
    made = Lanes(Channel(), TLS, time.monotonic)
    old = made.take(A)
    await made.give(A, old)
    made.sweep()
    assert made.take(A) is old
    await made.give(A, old)
    time.now = lanes.KEPT_FOR + 1
    made.sweep()
    assert made.take(A) is not old
    await made.aclose()


async def test_what_must_be_finished_is_though_nobody_waits_any_more() -> None:
    made, go, done = Lanes(Channel(), TLS), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        await go.wait()
        done.set()

    async def waiting() -> None:
        await asyncio.shield(made.finish(work()))

    waiter = asyncio.ensure_future(waiting())
    await asyncio.sleep(0)
    waiter.cancel()
    await asyncio.gather(waiter, return_exceptions=True)
    go.set()
    await made.aclose()
    assert done.is_set()


async def test_a_retired_one_closes_what_is_free_and_keeps_nothing() -> None:
    made = Lanes(Channel(), TLS)
    used, free = made.take(A), made.take(A)
    await made.give(A, free)
    made.retire()
    assert made._open == {used}
    await made.give(A, used)
    late = made.take(A)
    await made.give(A, late)
    assert not made._open and not made._free
    await made.aclose()


async def test_what_calls_share_is_closed_once_the_last_of_them_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = Lanes(Channel(http2=True), TLS)
    shared = made.take(A)
    closings: list[None] = []

    async def close() -> None:
        closings.append(None)

    monkeypatch.setattr(shared, "aclose", close)
    made.take(B)
    made.retire()
    await made.give(A, shared)
    await asyncio.sleep(0)
    assert not closings
    await made.drop(shared)
    await asyncio.sleep(0)
    assert closings
    await made.aclose()
