from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from engine.server import rest
from engine.server.drain import Drain


def pass_through(drain: Drain) -> None:
    request = asyncio.get_running_loop().create_future()
    drain.enter(request)
    drain.leave(request)


async def test_memory_is_given_back_once_for_each_time_of_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    given = asyncio.Event()
    monkeypatch.setattr(rest, "give_back", given.set)
    drain = Drain()
    pass_through(drain)
    working = asyncio.ensure_future(rest.rest_when_idle(drain, 0.001))
    await asyncio.wait_for(given.wait(), 5)
    given.clear()
    with suppress(TimeoutError):
        await asyncio.wait_for(given.wait(), 0.05)
    assert not given.is_set(), "nothing was asked in between"
    pass_through(drain)
    await asyncio.wait_for(given.wait(), 5)
    working.cancel()
