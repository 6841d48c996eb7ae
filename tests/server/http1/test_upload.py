"""Bodies that are passed on while they arrive: a real client, the server's connection, a real upstream."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from engine.adapters.upstream_http1 import Http1Upstream
from engine.errors import EngineUnavailable
from engine.gateway.gateway import Gateway
from engine.server.http1.body import SizedBody
from engine.server.http1.exchange import Exchange
from engine.server.http1.upload import AHEAD, Upload
from engine.spec.settings import LimitSettings
from tests.adapters.rude_server import Rude, Talk, rude
from tests.gateway.playbook import Time, World, compiled
from tests.server.running import PATIENCE, Running, eventually, running

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
BIG = bytes(range(256)) * 4096 * 8
HEAD = b"POST /raw/files HTTP/1.1\r\nhost: h\r\ncontent-type: application/octet-stream\r\n"


@dataclass
class Scene:
    upstream: Rude
    server: Running

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.server.port)

    @property
    def talk(self) -> Talk:
        return self.upstream.talks[-1]


@asynccontextmanager
async def scene(
    script: Callable[[Talk], Awaitable[None]], limits: LimitSettings | None = None
) -> AsyncIterator[Scene]:
    """An upstream whose script reads the bodies itself."""
    async with rude(script, reads=Talk.read_head) as upstream:
        site = f"""
providers:
  raw: {{dialect: plain, base_url: "{upstream.url}", retry: off}}
endpoints:
  raw: {{path: "/raw/{{path}}", pass: raw, auth: none}}
"""
        world: Any = World(Time())
        http = Http1Upstream()
        gateway = Gateway(http, world, world, world, world)
        async with running(served=compiled(site), real=gateway, limits=limits) as server:
            yield Scene(upstream, server)
        await http.aclose()


async def takes_all(talk: Talk) -> None:
    """Sized or in chunks."""
    if talk.header("content-length"):
        await talk.read_body()
    else:
        talk.body = b""
        while size := int((await talk.reader.readline()).strip(), 16):
            talk.body += await talk.reader.readexactly(size)
            await talk.reader.readexactly(2)
        await talk.reader.readexactly(2)
    await talk.say(OK)


def chunked(data: bytes, step: int = 100_000) -> bytes:
    pieces = [data[at : at + step] for at in range(0, len(data), step)]
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


WIRES = {
    "sized": b"content-length: %d\r\n\r\n" % len(BIG) + BIG,
    "chunked": b"transfer-encoding: chunked\r\n\r\n" + chunked(BIG),
}


@pytest.mark.parametrize("wire", WIRES.values(), ids=WIRES)
async def test_all_of_it_arrives_and_the_connection_is_used_again(wire: bytes) -> None:
    async with scene(takes_all) as here:
        reader, writer = await here.open()
        for _ in range(2):
            writer.write(HEAD + wire)
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE)
            assert head.startswith(b"HTTP/1.1 200 ") and b"connection: close" not in head
            await reader.readuntil(b"0\r\n\r\n")
            assert here.talk.body == BIG
        writer.close()


async def test_it_goes_on_before_all_of_it_is_here() -> None:
    got = asyncio.Event()

    async def script(talk: Talk) -> None:
        talk.body = await talk.reader.readexactly(10)
        got.set()
        talk.body += await talk.reader.readexactly(10)
        await talk.say(OK)

    async with scene(script) as here:
        reader, writer = await here.open()
        writer.write(HEAD + b"content-length: 20\r\n\r\n" + b"a" * 10)
        await asyncio.wait_for(got.wait(), PATIENCE)
        writer.write(b"b" * 10)
        assert (await reader.readuntil(b"\r\n")).startswith(b"HTTP/1.1 200 ")
        assert here.talk.body == b"a" * 10 + b"b" * 10
        writer.close()


async def test_a_slow_upstream_makes_the_client_wait() -> None:
    go = asyncio.Event()

    async def script(talk: Talk) -> None:
        await go.wait()
        await takes_all(talk)

    def held() -> bool:
        return any(each._upload is not None and each._upload.held for each in here.server.connections)

    async with scene(script) as here:
        reader, writer = await here.open()
        writer.write(HEAD + WIRES["sized"])
        await eventually(held)
        (connection,) = here.server.connections
        assert connection._upload._waiting <= AHEAD + 256 * 1024
        go.set()
        assert (await asyncio.wait_for(reader.readuntil(b"\r\n"), PATIENCE)).startswith(b"HTTP/1.1 200 ")
        assert here.talk.body == BIG
        writer.close()


async def test_an_answer_that_comes_early_ends_the_upload() -> None:
    async def script(talk: Talk) -> None:
        await talk.say(b"HTTP/1.1 413 No\r\ncontent-length: 4\r\n\r\nbig!")
        await talk.wait_gone()

    async with scene(script) as here:
        reader, writer = await here.open()
        writer.write(HEAD + b"content-length: 9999999\r\n\r\n" + b"x" * 300_000)
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE)
        assert head.startswith(b"HTTP/1.1 413 ") and b"connection: close" in head
        assert b"big!" in await asyncio.wait_for(reader.read(), PATIENCE)
        await asyncio.wait_for(here.talk.gone.wait(), PATIENCE)
        writer.close()


async def test_what_the_head_of_an_early_answer_says_of_its_end_holds() -> None:
    """To a client that knows no chunks, the end of the connection is the end of the answer."""
    go = asyncio.Event()

    async def script(talk: Talk) -> None:
        await talk.say(b"HTTP/1.1 200 OK\r\n\r\n")
        await go.wait()
        await talk.say(b"ok")
        talk.writer.close()

    async with scene(script) as here:
        reader, writer = await here.open()
        old = HEAD.replace(b"HTTP/1.1", b"HTTP/1.0") + b"connection: keep-alive\r\n"
        writer.write(old + b"content-length: 10\r\n\r\nhello")
        await eventually(
            lambda: any(c._exchange is not None and c._exchange._held for c in here.server.connections)
        )
        writer.write(b"world")
        await eventually(lambda: all(c._upload is None for c in here.server.connections))
        go.set()
        assert (await asyncio.wait_for(reader.read(), PATIENCE)).endswith(b"\r\n\r\nok")
        writer.close()


@pytest.mark.parametrize("half", [False, True])
async def test_a_client_that_breaks_off_takes_the_call_along(half: bool) -> None:
    async def script(talk: Talk) -> None:
        talk.body = await talk.reader.readexactly(5)
        await talk.wait_gone()

    async with scene(script) as here:
        _, writer = await here.open()
        writer.write(HEAD + b"content-length: 100\r\n\r\nhello")
        await eventually(lambda: bool(here.upstream.talks) and here.talk.body == b"hello")
        if half:
            writer.write_eof()
        else:
            writer.transport.abort()
        await asyncio.wait_for(here.talk.gone.wait(), PATIENCE)
        writer.close()


async def test_what_broke_off_goes_without_the_garbage_collector() -> None:
    def alive() -> bool:
        return any(isinstance(found, Exchange | Upload) for found in gc.get_objects())

    async with scene(Talk.wait_gone) as here:
        gc.collect()
        gc.disable()
        try:
            _, writer = await here.open()
            writer.write(HEAD + b"content-length: 100\r\n\r\nhello")
            await eventually(lambda: bool(here.upstream.talks))
            assert alive()
            writer.transport.abort()
            await asyncio.wait_for(here.talk.gone.wait(), PATIENCE)
            await eventually(lambda: not alive())
        finally:
            gc.enable()


async def test_more_than_the_limit_is_refused_when_it_comes_to_light() -> None:
    async def script(talk: Talk) -> None:
        await talk.wait_gone()

    async with scene(script, LimitSettings(body=1000)) as here:
        assert b" 413 " in await here.server.talk(HEAD + b"content-length: 1001\r\n\r\nx")
        assert not here.upstream.talks
        reader, writer = await here.open()
        writer.write(HEAD + b"transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n")
        await eventually(lambda: bool(here.upstream.talks))
        writer.write(b"400\r\n")
        assert (await asyncio.wait_for(reader.readuntil(b"\r\n"), PATIENCE)).startswith(b"HTTP/1.1 413 ")
        await asyncio.wait_for(here.talk.gone.wait(), PATIENCE)
        writer.close()


class FakeLine:
    def __init__(self) -> None:
        self.log: list[str] = []

    def hold(self) -> None:
        self.log.append("hold")

    def read_on(self) -> None:
        self.log.append("read on")


async def test_what_waits_is_bounded() -> None:
    line, piece = FakeLine(), b"x" * (AHEAD // 2)
    upload = Upload(line, SizedBody(AHEAD * 2), AHEAD * 2)
    assert [upload.feed(piece) for _ in range(3)] == [None] * 3 and line.log == ["hold"]
    assert await anext(upload) == piece and line.log == ["hold"]
    assert await anext(upload) == piece and line.log == ["hold", "read on"]
    assert upload.feed(piece + b"GET") == b"GET" and not upload.held
    assert [each async for each in upload] == [piece, piece]


async def test_half_a_body_does_not_look_whole() -> None:
    upload = Upload(FakeLine(), SizedBody(10), 10)
    upload.feed(b"half")
    waiting = asyncio.ensure_future(_all(upload))
    await asyncio.sleep(0)
    upload.lost()
    with pytest.raises(EngineUnavailable):
        await waiting


async def _all(upload: Upload) -> list[bytes]:
    return [piece async for piece in upload]
