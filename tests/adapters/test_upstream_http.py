from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from engine.adapters.upstream_http import HttpUpstream
from engine.adapters.upstream_http1 import Http1Reply
from engine.adapters.upstream_httpx import HttpxReply
from engine.events import Channel
from engine.ports import Reply
from tests.adapters.contract.calls import OK, body_of, call, fails
from tests.adapters.rude_server import Rude, Talk, rude, says


@pytest.fixture
async def server() -> AsyncIterator[Rude]:
    async with rude(says(OK)) as running:
        yield running


async def reply_over(server: Rude, channel: Channel) -> Reply:
    upstream = HttpUpstream()
    reply = await upstream.send(call(server.url, channel=channel))
    await reply.aclose()
    await upstream.aclose()
    return reply


async def test_the_channel_chooses_the_client(server: Rude) -> None:
    for channel in (Channel(), Channel(verify=False), Channel(ca_file="none.pem")):
        assert isinstance(await reply_over(server, channel), Http1Reply)
    for channel in (Channel(http2=True), Channel(proxy=server.url)):
        assert isinstance(await reply_over(server, channel), HttpxReply)


@pytest.mark.parametrize("channel", [Channel(), Channel(http2=True), Channel(proxy="http://127.0.0.1:9")])
async def test_connections_of_channels_that_nobody_has_any_more_are_closed(channel: Channel) -> None:
    async with rude(says(OK, then="keep")) as server:
        if channel.proxy:
            channel = Channel(proxy=server.url)
        upstream = HttpUpstream()
        kept, lost = channel._replace(ca_file=None), channel._replace(verify=False)
        for each in (kept, lost):
            assert await body_of(upstream, call(server.url, channel=each)) == b"ok"
        upstream.retain({kept})
        await asyncio.wait_for(server.talks[1].gone.wait(), 5)
        assert not server.talks[0].gone.is_set()
        assert await body_of(upstream, call(server.url, channel=kept)) == b"ok"
        assert len(server.talks) == 2
        await upstream.aclose()


@pytest.mark.parametrize("channel", [Channel(), Channel(http2=True), Channel(proxy="http://127.0.0.1:9")])
async def test_a_call_under_way_ends_as_if_nothing_had_happened(channel: Channel) -> None:
    go = asyncio.Event()

    async def script(talk: Talk) -> None:
        await talk.say(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\no")
        await go.wait()
        await talk.say(b"k")
        await talk.wait_gone()

    async with rude(script) as server:
        if channel.proxy:
            channel = Channel(proxy=server.url)
        upstream = HttpUpstream()
        reply = await upstream.send(call(server.url, channel=channel))
        upstream.retain(set())
        go.set()
        assert b"".join([chunk async for chunk in reply.chunks()]) == b"ok"
        await reply.aclose()
        await asyncio.wait_for(server.talks[0].gone.wait(), 5)
        await upstream.aclose()


async def test_a_channel_that_comes_back_is_served_again(server: Rude) -> None:
    upstream = HttpUpstream()
    for channel in (Channel(), Channel(http2=True), Channel(), Channel(http2=True)):
        assert await body_of(upstream, call(server.url, channel=channel)) == b"ok"
        upstream.retain(set())
    await upstream.aclose()


@pytest.mark.parametrize(
    "channel", [Channel(reach=()), Channel(http2=True, proxy="http://127.0.0.1:9", reach=())]
)
async def test_a_url_of_a_client_leads_nowhere_private(server: Rude, channel: Channel) -> None:
    upstream = HttpUpstream()
    for name in (server.url, server.url.replace("127.0.0.1", "localhost")):
        refused = await fails(upstream, call(name, channel=channel))
        assert refused.info.code == "address_not_allowed" and refused.info.status == 400
        assert "may not be called: it is a loopback address" in refused.info.message
    assert not server.talks
    allowed = channel._replace(reach=("127.0.0.0/8",))
    assert await body_of(upstream, call(server.url, channel=allowed)) == b"ok"
    await upstream.aclose()
