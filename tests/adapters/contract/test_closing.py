from __future__ import annotations

import asyncio

from engine.ports import Upstream
from tests.adapters.contract.calls import OK, body_of, call
from tests.adapters.rude_server import Talk, rude, says


async def test_cancelling_closes_the_connection(upstream: Upstream) -> None:
    async def script(talk: Talk) -> None:
        await talk.say(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n")
        await talk.wait_gone()

    async with rude(script) as server:
        first = asyncio.Event()

        async def read() -> None:
            reply = await upstream.send(call(server.url))
            async for _ in reply.chunks():
                first.set()

        task = asyncio.ensure_future(read())
        await first.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await asyncio.wait_for(server.talks[0].gone.wait(), 2)


async def test_cancelling_before_the_answer_closes_the_connection(upstream: Upstream) -> None:
    async with rude(Talk.wait_gone) as server:
        task = asyncio.ensure_future(upstream.send(call(server.url)))
        while not (server.talks and server.talks[0].head):
            await asyncio.sleep(0.005)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await asyncio.wait_for(server.talks[0].gone.wait(), 2)


async def test_a_free_connection_that_the_upstream_closed_is_not_used(upstream: Upstream) -> None:
    async with rude(says(OK)) as server:
        for number in (1, 2, 3):
            assert await body_of(upstream, call(server.url)) == b"ok"
            await asyncio.sleep(0.01)
            assert len(server.talks) == number


async def test_closing_early_closes_the_connection_and_may_be_repeated(upstream: Upstream) -> None:
    async def script(talk: Talk) -> None:
        await talk.say(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n")
        await talk.wait_gone()

    async with rude(script) as server:
        reply = await upstream.send(call(server.url))
        await reply.aclose()
        await reply.aclose()
        await asyncio.wait_for(server.talks[0].gone.wait(), 2)
