from __future__ import annotations

import resource

import pytest

from engine.bench.generator import allow_files, send
from engine.bench.order import Order
from engine.bench.servers import NoStart, free_port
from tests.bench.serving import plan, serving


async def test_a_server_that_is_not_there() -> None:
    with pytest.raises(NoStart, match="the load generator failed"):
        send(plan(free_port()))


async def test_it_is_watched_while_it_works() -> None:
    looks: list[int] = []
    async with serving() as port:
        import asyncio

        given = plan(port, Order(events=10, pause=0.05), stream=True, clients=1, requests=1)
        result = await asyncio.to_thread(send, given, watch=lambda: looks.append(1))
    assert (result.requests, result.errors) == (1, 0)
    assert looks


def test_open_files_are_as_many_as_the_system_grants() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        granted = allow_files()
        assert granted <= resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
