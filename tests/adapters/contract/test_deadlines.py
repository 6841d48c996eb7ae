from __future__ import annotations

import asyncio
import socket

from engine.errors import ErrorClass
from engine.events import Channel, Timeouts
from engine.ports import Upstream
from tests.adapters.contract.calls import OK, body_of, call, fails
from tests.adapters.rude_server import Talk, rude


async def test_a_connect_that_hangs(upstream: Upstream) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
        error = await fails(upstream, call(f"http://127.0.0.1:{port}/", timeouts=Timeouts(connect=0.1)))
        for filler in fillers:
            filler.close()
    assert error.info.message == f"connect timed out after 0.1s to 127.0.0.1:{port}"
    assert (error.info.error_class, error.info.code) == (ErrorClass.TIMEOUT, "connect_timeout")


async def test_an_answer_that_never_begins(upstream: Upstream) -> None:
    async with rude(Talk.wait_gone) as server:
        timeouts = Timeouts(connect=0.05, first_byte=0.05)
        error = await fails(upstream, call(server.url, timeouts=timeouts))
        await asyncio.wait_for(server.talks[0].gone.wait(), 2)
    assert (error.info.error_class, error.info.code) == (ErrorClass.TIMEOUT, "first_byte_timeout")


async def test_a_head_that_never_ends_is_late(upstream: Upstream) -> None:
    async def script(talk: Talk) -> None:
        await talk.say(b"HTTP/1.1 200 OK\r\nx: y\r\n")
        await talk.wait_gone()

    async with rude(script) as server:
        timeouts = Timeouts(connect=0.5, first_byte=0.05)
        error = await fails(upstream, call(server.url, timeouts=timeouts))
        await asyncio.wait_for(server.talks[0].gone.wait(), 2)
    assert (error.info.error_class, error.info.code) == (ErrorClass.TIMEOUT, "first_byte_timeout")
    assert error.info.message == f"no answer after 0.05s to 127.0.0.1:{server.port}"


async def test_without_a_limit_to_connect_the_first_byte_has_one(upstream: Upstream) -> None:
    async with rude(Talk.wait_gone) as server:
        error = await fails(upstream, call(server.url, timeouts=Timeouts(connect=None, first_byte=0.05)))
    assert error.info.code == "first_byte_timeout"


async def test_a_deadline_of_one_call_is_none_of_the_next(upstream: Upstream) -> None:
    go_on = asyncio.Event()

    async def script(talk: Talk) -> None:
        if len(server.talks) == 1 and talk.body == b"{}":
            talk.body = b""
            await talk.say(OK)
        await go_on.wait()
        await talk.say(OK)

    async with rude(script) as server:
        assert (
            await body_of(upstream, call(server.url, timeouts=Timeouts(connect=5.0, first_byte=0.5))) == b"ok"
        )
        waiting = asyncio.ensure_future(
            body_of(upstream, call(server.url, timeouts=Timeouts(first_byte=None)))
        )
        await asyncio.sleep(0.6)
        go_on.set()
        assert await waiting == b"ok"


async def test_a_body_may_take_longer_than_the_status(upstream: Upstream) -> None:
    """How long the events of a body may take is for the gateway to say."""
    go_on = asyncio.Event()

    async def script(talk: Talk) -> None:
        await talk.say(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\no")
        await go_on.wait()
        await talk.say(b"k")

    async with rude(script) as server:
        waiting = asyncio.ensure_future(
            body_of(upstream, call(server.url, timeouts=Timeouts(connect=0.5, first_byte=0.5)))
        )
        await asyncio.sleep(0.6)
        go_on.set()
        assert await waiting == b"ok"


async def test_a_handshake_that_never_ends(upstream: Upstream) -> None:
    async with rude(Talk.wait_gone, reads=Talk.nothing) as server:
        url = f"https://127.0.0.1:{server.port}/"
        channel = Channel(verify=False)
        error = await fails(upstream, call(url, channel=channel, timeouts=Timeouts(connect=0.2)))
        await asyncio.wait_for(server.talks[0].gone.wait(), 2)
    assert (error.info.error_class, error.info.code) == (ErrorClass.TIMEOUT, "connect_timeout")
