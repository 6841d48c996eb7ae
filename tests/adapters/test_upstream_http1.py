"""What is this client's own beside the contract: which connections it holds. `contract/` has all else."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from engine.adapters import upstream_http1
from engine.adapters.http1.connection import Connection
from engine.adapters.http1.pool import Pool
from engine.adapters.upstream_http1 import Http1Upstream
from engine.errors import EngineUnavailable, UpstreamFailed
from engine.events import Channel
from tests.adapters.contract.calls import OK, body_of, call, refused_port
from tests.adapters.rude_server import Talk, rude, says


@pytest.fixture
async def upstream() -> AsyncIterator[Http1Upstream]:
    made = Http1Upstream()
    yield made
    await made.aclose()


async def test_channels_do_not_share_connections(upstream: Http1Upstream) -> None:
    async with rude(says(OK, then="keep")) as server:
        for channel in (Channel(), Channel(verify=False), Channel()):
            assert await body_of(upstream, call(server.url, channel=channel)) == b"ok"
        assert len(server.talks) == 2


async def test_origins_that_nobody_calls_any_more_are_thrown_away(
    upstream: Http1Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upstream_http1, "MAX_POOLS", 2)
    async with rude(says(OK, then="keep")) as kept, rude(says(OK)) as closing:
        await body_of(upstream, call(kept.url))
        await body_of(upstream, call(closing.url))
        while not all(pool.idle for key, pool in upstream._pools.items() if key[1] == closing.url):
            await asyncio.sleep(0.005)
        await body_of(upstream, call(kept.url.replace("127.0.0.1", "localhost")))
        assert {origin for _, origin in upstream._pools} == {kept.url, f"http://localhost:{kept.port}"}


class Broken:
    """An upload whose client breaks off."""

    length = 100

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"half"
        raise EngineUnavailable("the client broke its upload off")


async def test_what_a_broken_upload_held_goes_without_the_garbage_collector(upstream: Http1Upstream) -> None:
    async with rude(Talk.wait_gone, reads=Talk.read_head) as server:
        gc.collect()
        gc.disable()
        try:
            with contextlib.suppress(EngineUnavailable):
                await upstream.send(call(server.url, upload=Broken()))
            assert not any(isinstance(found, Broken) for found in gc.get_objects())
        finally:
            gc.enable()


async def test_a_call_that_is_cancelled_while_it_connects_goes_without_the_garbage_collector(
    upstream: Http1Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Body(bytes):
        """One that can be found."""

    async def for_ever(self: Pool) -> Connection:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(Pool, "connect", for_ever)
    gc.collect()
    gc.disable()
    try:
        task = asyncio.ensure_future(upstream.send(call("http://a.test", body=Body(b"x"))))
        await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait([task])
        del task
        await asyncio.sleep(0)
        assert not any(isinstance(found, Body) for found in gc.get_objects())
    finally:
        gc.enable()


async def test_closing_ends_calls_in_flight() -> None:
    upstream = Http1Upstream()
    async with rude(Talk.wait_gone) as server:
        waiting = asyncio.ensure_future(upstream.send(call(server.url)))
        while not (server.talks and server.talks[0].head):
            await asyncio.sleep(0.005)
        await upstream.aclose()
        with pytest.raises(UpstreamFailed, match="was lost before it answered"):
            await waiting
        await asyncio.wait_for(server.talks[0].gone.wait(), 2)


async def test_certificates_of_channels_that_nobody_has_any_more_are_let_go(upstream: Http1Upstream) -> None:
    kept, lost = Channel(), Channel(verify=False)
    for channel in (kept, lost):
        with pytest.raises(UpstreamFailed):
            await upstream.send(call(f"https://127.0.0.1:{refused_port()}", channel=channel))
    upstream.retain({kept})
    assert set(upstream._contexts) == {kept} and not upstream._pools


CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
WHOLE = b"0\r\n\r\n"


def talks(*pieces: bytes, go_on: asyncio.Event, ends: bytes = WHOLE) -> Callable[[Talk], Awaitable[None]]:
    """Says one piece after another, each when it is told to."""

    async def say(talk: Talk) -> None:
        talk.writer.write(CHUNKED)
        for piece in pieces:
            await go_on.wait()
            go_on.clear()
            talk.writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        talk.writer.write(ends)
        if ends != WHOLE:
            talk.writer.close()

    return say


async def test_what_is_poured_comes_as_it_comes(upstream: Http1Upstream) -> None:
    go_on, taken = asyncio.Event(), list[bytes]()

    def take(piece: bytes) -> bool:
        taken.append(piece)
        go_on.set()
        return piece != b"two"

    async with rude(talks(b"one", b"two", b"three", go_on=go_on)) as server:
        reply = await upstream.send(call(server.url))
        go_on.set()
        await reply.pour(take)
        assert taken == [b"one", b"two"]
        assert await anext(reply) == b"three"  # who wants no more for now goes on by iterating
        await reply.pour(take)
        assert [piece async for piece in reply] == []
        await reply.aclose()
        assert len(server.talks) == 1 and taken == [b"one", b"two"]


async def test_the_end_of_what_is_poured_is_told_by_iterating(upstream: Http1Upstream) -> None:
    go_on = asyncio.Event()
    for ends, failure in ((WHOLE, None), (b"nonsense\r\n", "chunk"), (b"", "lost")):
        taken: list[bytes] = []

        def take(piece: bytes, taken: list[bytes] = taken) -> bool:
            taken.append(piece)
            return True

        async with rude(talks(b"one", go_on=go_on, ends=ends)) as server:
            reply = await upstream.send(call(server.url))
            go_on.set()
            await reply.pour(take)
            assert taken == [b"one"]
            if failure is None:
                assert [piece async for piece in reply] == []
            else:
                with pytest.raises(UpstreamFailed, match=failure):
                    await anext(reply)
            await reply.aclose()


async def test_who_stops_pouring_closes_the_connection(upstream: Http1Upstream) -> None:
    async def begin(talk: Talk) -> None:
        await talk.say(CHUNKED)
        await talk.wait_gone()

    async with rude(begin) as server:
        reply = await upstream.send(call(server.url))
        pouring = asyncio.ensure_future(reply.pour(lambda piece: True))
        await asyncio.sleep(0)
        pouring.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await pouring
        await asyncio.wait_for(server.talks[0].gone.wait(), 2)
