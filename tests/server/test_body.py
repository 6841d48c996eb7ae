"""Bodies over real sockets: large, too large, stopped."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from engine.server.http1.sweep import Patience
from engine.spec.settings import LimitSettings
from tests.server.running import POST, error_of, running


async def test_a_large_chunked_body_arrives_whole() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(50):
            yield b"x" * 10_000

    async with running() as server:
        assert (await server.chat(json=None, content=pieces())).status_code == 200
        assert len(server.gateway.asked[0][0].body) == 500_000


@pytest.mark.parametrize("how", ["announced", "chunked"])
async def test_a_body_that_is_too_large(how: str) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 10_000

    content = b"x" * 1_000_000 if how == "announced" else pieces()
    async with running(limits=LimitSettings(body=1000)) as server:
        reply = await server.chat(json=None, content=content)
        assert (reply.status_code, reply.json()["error"]["code"]) == (413, "body_too_large")
        assert "1000 bytes (limits.body)" in reply.json()["error"]["message"]
        assert server.gateway.asked == []


async def test_a_sender_who_asks_first_is_refused_before_it_sends() -> None:
    async with running(limits=LimitSettings(body=1000)) as server:
        raw = await server.talk(POST + b"expect: 100-continue\r\ncontent-length: 5000\r\n\r\n")
    assert raw.startswith(b"HTTP/1.1 413 ")


async def test_a_body_that_stops_arriving() -> None:
    async with running(patience=Patience(body=0.05, sweep=0.01)) as server:
        status, error = error_of(await server.talk(POST + b"content-length: 10\r\n\r\nabc"))
    assert (status, error["code"]) == (408, "request_timeout")
