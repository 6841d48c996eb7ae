from __future__ import annotations

import asyncio
import gzip

import pytest

from engine.errors import ErrorClass, UpstreamFailed
from engine.events import Call
from engine.ports import Upstream
from tests.adapters.contract.calls import call, fails, refused_port
from tests.adapters.rude_server import Talk, rude, says


async def test_refused(upstream: Upstream) -> None:
    port = refused_port()
    error = await fails(upstream, call(f"http://127.0.0.1:{port}/v1?key=hush"))
    assert error.info.message == f"cannot connect to 127.0.0.1:{port}: refused"
    assert (error.info.error_class, error.info.code) == (ErrorClass.UPSTREAM, "connect_failed")


async def test_a_host_that_does_not_exist(upstream: Upstream) -> None:
    error = await fails(upstream, call("http://nowhere.invalid/"))
    assert error.info.message == "cannot connect to nowhere.invalid:80: the host name does not resolve"


TRUNCATED = {
    "content-length": b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this",
    "chunked": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n",
    "gzip": b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n" + gzip.compress(b"hello" * 99)[:-4],
}


@pytest.mark.parametrize("how", ["close", "reset"])
@pytest.mark.parametrize("answer", TRUNCATED.values(), ids=TRUNCATED.keys())
async def test_a_truncated_body_never_looks_whole(upstream: Upstream, answer: bytes, how: str) -> None:
    async with rude(says(answer, then=how)) as server:
        error = await fails(upstream, call(server.url))
    assert error.info.code in ("connection_lost", "bad_response")
    assert error.info.error_class is ErrorClass.UPSTREAM


async def test_a_connection_lost_mid_body_says_so(upstream: Upstream) -> None:
    async with rude(says(TRUNCATED["chunked"])) as server:
        error = await fails(upstream, call(server.url))
        place = f"127.0.0.1:{server.port}"
    assert error.info.code == "connection_lost"
    assert error.info.message == f"the connection to {place} was lost in the middle of the answer"


async def test_a_connection_lost_before_the_status(upstream: Upstream) -> None:
    async with rude(says()) as server:
        error = await fails(upstream, call(server.url))
    assert error.info.code == "connection_lost" and error.info.message.endswith("was lost before it answered")


MALFORMED = {
    "bad chunking": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n",
    "no HTTP": b"SSH-2.0-OpenSSH_9.9\r\n\r\n",
    "huge headers": b"HTTP/1.1 200 OK\r\nx-big: " + b"a" * 70_000 + b"\r\ncontent-length: 0\r\n\r\n",
    "endless headers": b"HTTP/1.1 200 OK\r\nx-big: " + b"a" * 200_000,
    "unknown encoding": b"HTTP/1.1 200 OK\r\ncontent-encoding: br\r\ncontent-length: 1\r\n\r\nx",
    "false gzip": b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 5\r\n\r\nhello",
    "two lengths": b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nhi",
}


@pytest.mark.parametrize("answer", MALFORMED.values(), ids=MALFORMED.keys())
async def test_malformed(upstream: Upstream, answer: bytes) -> None:
    async with rude(says(answer)) as server:
        error = await fails(upstream, call(server.url))
        assert error.info.message.startswith(f"127.0.0.1:{server.port} sent a malformed answer: ")
    assert (error.info.error_class, error.info.code) == (ErrorClass.UPSTREAM, "bad_response")


CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"

NONSENSE = {
    "switched protocols": b"HTTP/1.1 101 X\r\nconnection: upgrade\r\nupgrade: x\r\n\r\nhello",
    "negative length": b"HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\nhello",
    "length in hexadecimal": b"HTTP/1.1 200 OK\r\ncontent-length: 0x5\r\n\r\nhello",
    "length with a sign": b"HTTP/1.1 200 OK\r\ncontent-length: +5\r\n\r\nhello",
    "no length": b"HTTP/1.1 200 OK\r\ncontent-length: five\r\n\r\nhello",
    "list of differing lengths": b"HTTP/1.1 200 OK\r\ncontent-length: 5, 6\r\n\r\nhello",
    "unknown coding": b"HTTP/1.1 200 OK\r\ntransfer-encoding: zip\r\n\r\nhello",
    "chunked is not the last coding": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked, gzip\r\n\r\nhello",
    "chunked after another": b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "a name with a blank": b"HTTP/1.1 200 OK\r\nx a: 1\r\ncontent-length: 5\r\n\r\nhello",
    "a blank before the colon": b"HTTP/1.1 200 OK\r\ncontent-length : 5\r\n\r\nhello",
    "no name": b"HTTP/1.1 200 OK\r\n: 1\r\ncontent-length: 5\r\n\r\nhello",
    "no colon": b"HTTP/1.1 200 OK\r\nx\r\ncontent-length: 5\r\n\r\nhello",
    "NUL in a value": b"HTTP/1.1 200 OK\r\nx: a\0b\r\ncontent-length: 5\r\n\r\nhello",
    "NUL in a name": b"HTTP/1.1 200 OK\r\nx\0: a\r\ncontent-length: 5\r\n\r\nhello",
    "status of two digits": b"HTTP/1.1 20 OK\r\ncontent-length: 5\r\n\r\nhello",
    "status of four digits": b"HTTP/1.1 2000 OK\r\ncontent-length: 5\r\n\r\nhello",
    "another protocol": b"RTSP/1.0 200 OK\r\ncontent-length: 5\r\n\r\nhello",
    "chunk size with 0x": CHUNKED + b"0x5\r\nhello\r\n0\r\n\r\n",
    "chunk size with a sign": CHUNKED + b"+5\r\nhello\r\n0\r\n\r\n",
    "negative chunk size": CHUNKED + b"-5\r\nhello\r\n0\r\n\r\n",
    "no chunk size": CHUNKED + b"\r\nhello\r\n0\r\n\r\n",
    "huge chunk size": CHUNKED + b"f" * 40 + b"\r\nhello\r\n0\r\n\r\n",
    "chunk longer than it says": CHUNKED + b"4\r\nhello\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("step", [1, 10_000])
@pytest.mark.parametrize("answer", NONSENSE.values(), ids=NONSENSE.keys())
async def test_nonsense_is_malformed_and_its_connection_closed(
    upstream: Upstream, answer: bytes, step: int
) -> None:
    async def script(talk: Talk) -> None:
        await talk.say_slowly(answer, step)
        await talk.wait_gone()

    async with rude(script) as server:
        error = await fails(upstream, call(server.url))
        await asyncio.wait_for(server.talks[0].gone.wait(), 2)
    assert (error.info.error_class, error.info.code) == (ErrorClass.UPSTREAM, "bad_response")
    assert "hello" not in error.info.message


@pytest.mark.parametrize("how", ["close", "reset", "half_close"])
@pytest.mark.parametrize(
    "answer", [b"", b"H", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n"]
)
async def test_a_connection_lost_in_the_head(upstream: Upstream, answer: bytes, how: str) -> None:
    async def script(talk: Talk) -> None:
        await talk.say(answer)
        if how == "half_close":
            talk.half_close()
            await talk.wait_gone()

    async def close(talk: Talk) -> None:
        await script(talk)
        talk.writer.close() if how == "close" else talk.hang_up()

    async with rude(script if how == "half_close" else close) as server:
        error = await fails(upstream, call(server.url))
    assert error.info.code == "connection_lost" and error.info.message.endswith("was lost before it answered")


@pytest.mark.parametrize("how", ["close", "reset", "half_close"])
@pytest.mark.parametrize(
    "answer",
    [b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhell", CHUNKED + b"5\r\nhello\r\n0\r\n\r", CHUNKED + b"5"],
)
async def test_a_connection_lost_in_the_body_gives_first_what_came(
    upstream: Upstream, answer: bytes, how: str
) -> None:
    go_on = asyncio.Event()

    async def script(talk: Talk) -> None:
        await talk.say(answer)
        await go_on.wait()
        if how == "half_close":
            talk.half_close()
            await talk.wait_gone()
        elif how == "close":
            talk.writer.close()
        else:
            talk.hang_up()

    async with rude(script) as server:
        reply = await upstream.send(call(server.url))
        chunks = reply.chunks()
        if b"hell" in answer:
            assert (await anext(chunks)).startswith(b"hell")
        go_on.set()
        with pytest.raises(UpstreamFailed) as caught:
            await anext(chunks)
        await reply.aclose()
    assert caught.value.info.code == "connection_lost"
    assert caught.value.info.message.endswith("was lost in the middle of the answer")


async def test_a_server_that_hangs_up_at_once(upstream: Upstream) -> None:
    async def script(talk: Talk) -> None:
        talk.hang_up()

    async with rude(script, reads=Talk.nothing) as server:
        error = await fails(upstream, Call("POST", server.url, {}, b"x" * 1_000_000))
    assert error.info.code == "connection_lost"
