"""Calls as the contract makes them."""

from __future__ import annotations

import socket

import pytest

from engine.errors import UpstreamFailed
from engine.events import Call
from engine.ports import Upstream

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


def call(url: str, **changes: object) -> Call:
    return Call("POST", url, {"content-type": "application/json"}, b"{}")._replace(**changes)


async def body_of(upstream: Upstream, asked: Call) -> bytes:
    reply = await upstream.send(asked)
    try:
        return b"".join([chunk async for chunk in reply.chunks()])
    finally:
        await reply.aclose()


async def fails(upstream: Upstream, asked: Call) -> UpstreamFailed:
    with pytest.raises(UpstreamFailed) as caught:
        await body_of(upstream, asked)
    return caught.value


def refused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
