from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from engine.errors import EngineUnavailable
from engine.server.drain import Drain


@contextmanager
def entered(drain: Drain) -> Iterator[None]:
    task = asyncio.current_task()
    assert task is not None
    drain.enter(task)
    try:
        yield
    finally:
        drain.leave(task)


async def test_it_ends_as_soon_as_the_last_request_has_ended() -> None:
    drain, done = Drain(), asyncio.Event()

    async def request() -> None:
        with entered(drain):
            await done.wait()

    task = asyncio.ensure_future(request())
    await asyncio.sleep(0)
    ending = asyncio.ensure_future(drain.run_out(60, 60))
    await asyncio.sleep(0)
    assert (drain.in_flight, drain.closing, ending.done()) == (1, True, False)
    done.set()
    await asyncio.wait_for(asyncio.gather(task, ending), 5)
    assert (drain.in_flight, drain.cut) == (0, False)


async def test_what_is_left_after_the_grace_is_cancelled_and_may_say_a_word() -> None:
    drain, said = Drain(), []

    async def request() -> None:
        with entered(drain):
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                assert drain.cut
                await asyncio.sleep(0)
                said.append("a word")

    task = asyncio.ensure_future(request())
    await asyncio.sleep(0)
    await drain.run_out(0.01, 5)
    assert said == ["a word"] and task.done()


async def test_whoever_does_not_even_end_then_is_left_behind() -> None:
    drain = Drain()

    async def request() -> None:
        with entered(drain):
            while True:
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    if drain.in_flight == 0:
                        raise

    task = asyncio.ensure_future(request())
    await asyncio.sleep(0)
    await drain.run_out(0.01, 0.01)
    assert drain.in_flight == 1
    drain._inside.clear()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_room() -> None:
    drain = Drain(limit=1)
    with entered(drain):
        drain.check_room()
        drain._inside.add(asyncio.ensure_future(asyncio.sleep(0)))
        with pytest.raises(EngineUnavailable, match="1 requests already"):
            drain.check_room()
    drain.closing = True
    with pytest.raises(EngineUnavailable, match="shutting down"):
        drain.check_room()
