"""What is httpx's own; `contract/` has what every client must do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from engine.adapters.upstream_httpx import HttpxUpstream
from engine.events import Channel
from tests.adapters.contract.calls import OK, body_of, call
from tests.adapters.rude_server import Talk, rude, says


@pytest.fixture
async def upstream() -> AsyncIterator[HttpxUpstream]:
    made = HttpxUpstream()
    yield made
    await made.aclose()


@pytest.mark.parametrize("complete", [True, False])
async def test_closing_that_is_broken_off_leaves_no_connection_open(
    upstream: HttpxUpstream, complete: bool
) -> None:
    """A client that leaves can cancel a handler a second time, while it cleans up after the first."""

    async def script(talk: Talk) -> None:
        await talk.say(OK if complete else b"HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\nok")
        await talk.wait_gone()

    async with rude(script) as server:
        reply = await upstream.send(call(server.url))
        chunks = reply.chunks()
        assert await anext(chunks) == b"ok"
        assert await anext(chunks, None) is None if complete else True
        closing = asyncio.ensure_future(reply.aclose())
        await asyncio.sleep(0)
        assert closing.cancel()
        await asyncio.gather(closing, return_exceptions=True)
        await asyncio.wait_for(server.talks[0].gone.wait(), 2)


async def test_a_proxy_is_asked_for_the_whole_url(upstream: HttpxUpstream) -> None:
    async with rude(says(OK)) as server:
        channel = Channel(proxy=server.url)
        assert await body_of(upstream, call("http://api.invalid/v1/x?y=1", channel=channel)) == b"ok"
        assert server.talks[0].head.startswith(b"POST http://api.invalid/v1/x?y=1 HTTP/1.1\r\n")
