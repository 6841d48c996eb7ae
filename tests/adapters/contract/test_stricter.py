"""What only the data path's client does: each test is a difference to httpx, which h11 or its pool makes.

httpx reads bare line feeds and folded lines, takes equal lengths that are repeated, prefers a coding to a
length, and knows any version; it keeps what follows an answer for the next one; interim answers, chunk
extensions and trailers may go on for ever; it hears of an early answer only once its own writing has failed
or ended; it says "lost" of a kept connection where ours makes the call again; its closing can be broken off.
"""

from __future__ import annotations

import asyncio
import gc
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.adapters.http1 import connection as http1_connection
from engine.adapters.upstream_http1 import Http1Upstream
from engine.events import Call, Channel
from tests.adapters.contract.calls import OK, body_of, call, fails
from tests.adapters.rude_server import Script, Talk, rude, says

CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"

REFUSED = {
    "unknown version": b"HTTP/3.7 200 OK\r\ncontent-length: 5\r\n\r\nhello",
    "version 2 in text": b"HTTP/2.0 200 OK\r\ncontent-length: 5\r\n\r\nhello",
    "blank lines first": b"\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello",
    "length, then coding": b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "coding, then length": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n",
    "coding twice": b"HTTP/1.1 200 OK\r\n" + b"transfer-encoding: chunked\r\n" * 2 + b"\r\n0\r\n\r\n",
    "equal lengths": b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 5\r\n\r\nhello",
    "list of equal lengths": b"HTTP/1.1 200 OK\r\ncontent-length: 5, 5\r\n\r\nhello",
    "length beyond 64 bits": b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999\r\n\r\nhello",
    "folded line": b"HTTP/1.1 200 OK\r\nx: 1\r\n 2\r\ncontent-length: 5\r\n\r\nhello",
    "bare line feeds": b"HTTP/1.1 200 OK\ncontent-length: 5\n\nhello",
    "a bare line feed": b"HTTP/1.1 200 OK\r\nx: 1\ncontent-length: 5\r\n\r\nhello",
    "a bare carriage return": b"HTTP/1.1 200 OK\r\nx: 1\rcontent-length: 5\r\n\r\nhello",
    "control character": b"HTTP/1.1 200 OK\r\nx: a\x01b\r\ncontent-length: 5\r\n\r\nhello",
    "chunk size and line feed": CHUNKED + b"5\nhello\r\n0\r\n\r\n",
    "blank after chunk size": CHUNKED + b"5 \r\nhello\r\n0\r\n\r\n",
    "trailer that frames": CHUNKED + b"5\r\nhello\r\n0\r\ncontent-length: 9\r\n\r\n",
    "101 that nobody asked for": b"HTTP/1.1 101 X\r\n\r\n" + OK,
    "status 0": b"HTTP/1.1 000 X\r\ncontent-length: 5\r\n\r\nhello",
    "too many interim answers": b"HTTP/1.1 100 X\r\n\r\n" * 17 + OK,
}


@pytest.mark.parametrize("step", [1, 10_000])
@pytest.mark.parametrize("answer", REFUSED.values(), ids=REFUSED.keys())
async def test_what_could_be_read_in_two_ways_is_malformed(
    http1: Http1Upstream, answer: bytes, step: int
) -> None:
    async def script(talk: Talk) -> None:
        await talk.say_slowly(answer, step)
        await talk.wait_gone()

    async with rude(script) as server:
        error = await fails(http1, call(server.url))
        await asyncio.wait_for(server.talks[0].gone.wait(), 2)
        assert error.info.message.startswith(f"127.0.0.1:{server.port} sent a malformed answer: ")
    assert error.info.code == "bad_response" and "hello" not in error.info.message


ENDLESS = {
    "status line": (b"HTTP/1.1 200 ", b"x" * 1000),
    "header": (b"HTTP/1.1 200 OK\r\nx: ", b"x" * 1000),
    "headers": (b"HTTP/1.1 200 OK\r\n", b"x: y\r\n" * 200),
    "interim answers": (b"", b"HTTP/1.1 103 X\r\nx: y\r\n\r\n"),
    "chunk extension": (CHUNKED + b"5;", b"x" * 1000),
    "chunk size": (CHUNKED, b"0" * 1000),
    "trailer": (CHUNKED + b"5\r\nhello\r\n0\r\nx: ", b"x" * 1000),
    "trailers": (CHUNKED + b"5\r\nhello\r\n0\r\n", b"x: y\r\n" * 200),
    "padded chunks": (CHUNKED, b"1;" + b"x" * 1000 + b"\r\nh\r\n"),
}


@pytest.mark.parametrize(("begin", "more"), ENDLESS.values(), ids=ENDLESS.keys())
async def test_what_goes_on_for_ever_is_broken_off(http1: Http1Upstream, begin: bytes, more: bytes) -> None:
    async def script(talk: Talk) -> None:
        await talk.say(begin)
        while True:
            await talk.say(more)

    async with rude(script) as server:
        error = await fails(http1, call(server.url))
    assert error.info.code == "bad_response"


@pytest.mark.parametrize("pause", [0.05, 0.0])
async def test_an_early_answer_is_heard(http1: Http1Upstream, pause: float) -> None:
    """The server refuses the body before it has read it, and does not read on."""
    refusal = b"HTTP/1.1 413 Too Large\r\ncontent-length: 8\r\n\r\ntoo much"

    async def script(talk: Talk) -> None:
        await talk.say(refusal)
        await asyncio.sleep(pause)
        talk.writer.close()

    async with rude(script, reads=Talk.read_head) as server:
        reply = await http1.send(Call("POST", server.url, {}, b"x" * 20_000_000))
        assert b"".join([chunk async for chunk in reply.chunks()]) == b"too much"
        await reply.aclose()
    assert reply.status == 413


AFTERWARDS = {
    "garbage": b"garbage",
    "a blank line": b"\r\n",
    "another answer": b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nwrong",
}
BEFORE = {
    "length": OK,
    "chunked": CHUNKED + b"2\r\nok\r\n0\r\n\r\n",
    "close": b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok",
}


@pytest.mark.parametrize("apart", [True, False])
@pytest.mark.parametrize("after", AFTERWARDS.values(), ids=AFTERWARDS.keys())
@pytest.mark.parametrize("before", BEFORE.values(), ids=BEFORE.keys())
async def test_what_follows_an_answer_is_never_part_of_the_next(
    http1: Http1Upstream, before: bytes, after: bytes, apart: bool
) -> None:
    harmless = not apart and not after.strip() and b"close" not in before
    taken = asyncio.Event()

    async def script(talk: Talk) -> None:
        await talk.say(before if apart else before + after)
        await taken.wait()
        if apart:
            await talk.say(after)
        if not harmless:
            await talk.wait_gone()

    async with rude(script) as server:
        for _ in range(3):
            taken.clear()
            assert await body_of(http1, call(server.url)) == b"ok"
            taken.set()
            if not harmless:
                await asyncio.wait_for(server.talks[-1].gone.wait(), 2)
        assert len(server.talks) == (1 if harmless else 3)


@pytest.mark.parametrize("body", [b"wrong", b""])
async def test_a_body_where_none_may_be(http1: Http1Upstream, body: bytes) -> None:
    answer = b"HTTP/1.1 204 No Content\r\n\r\n" + body
    async with rude(says(answer, then="keep")) as server:
        for _ in range(2):
            assert await body_of(http1, call(server.url)) == b""
        assert len(server.talks) == (2 if body else 1)


async def test_a_server_that_speaks_first(http1: Http1Upstream) -> None:
    async with rude(says(b"220 mail.example ESMTP\r\n", then="keep"), reads=greets) as server:
        error = await fails(http1, call(server.url))
    assert error.info.code == "bad_response"


async def greets(talk: Talk) -> bool:
    """Say what there is to say at once, then read for ever."""
    if talk.head:
        await talk.wait_gone()
    talk.head = b"greeted"
    return not talk.gone.is_set()


# A kept connection that turns out to be closed


def once_and_then(dying: Callable[[Talk], object]) -> Script:
    """The first call of the first connection is answered, its second makes it die; others are answered."""
    first: list[Talk] = []

    async def script(talk: Talk) -> None:
        if talk in first:
            dying(talk)
        else:
            first.append(talk) if not first else None
            await talk.say(OK)

    return script


DYING: dict[str, Callable[[Talk], object]] = {
    "close": lambda talk: talk.writer.close(),
    "reset": lambda talk: talk.hang_up(),
    "half close": lambda talk: talk.half_close(),
}


@pytest.mark.parametrize("size", [2, 3_000_000])
@pytest.mark.parametrize("dying", DYING.values(), ids=DYING.keys())
async def test_a_call_on_a_kept_connection_that_dies_unheard_is_made_again_once(
    http1: Http1Upstream, dying: Callable[[Talk], object], size: int
) -> None:
    async with rude(once_and_then(dying)) as server:
        assert await body_of(http1, call(server.url)) == b"ok"
        asked = Call("POST", server.url + "/again", {}, b"x" * size)
        assert await body_of(http1, asked) == b"ok"
        assert len(server.talks) == 2 and server.talks[1].body == b"x" * size


async def test_a_call_is_made_again_on_a_new_connection_only_and_not_a_third_time(
    http1: Http1Upstream,
) -> None:
    calls = 0

    async def script(talk: Talk) -> None:
        nonlocal calls
        calls += 1
        if calls <= 2:
            arrived.release()
            await both.wait()
            await talk.say(OK)
        else:
            talk.hang_up()

    arrived, both = asyncio.Semaphore(0), asyncio.Event()
    async with rude(script) as server:
        first = [asyncio.ensure_future(body_of(http1, call(server.url))) for _ in range(2)]
        for _ in first:
            await arrived.acquire()
        both.set()
        await asyncio.gather(*first)
        error = await fails(http1, call(server.url))
        assert error.info.code == "connection_lost" and calls == 4 and len(server.talks) == 3


async def test_a_call_on_a_new_connection_is_never_made_again(http1: Http1Upstream) -> None:
    async with rude(says(then="reset")) as server:
        error = await fails(http1, call(server.url))
        assert error.info.code == "connection_lost" and len(server.talks) == 1


@pytest.mark.parametrize("begun", [b"H", b"HTTP/1.1 100 Continue\r\n\r\n", OK[:-1]])
async def test_a_call_that_was_heard_of_is_never_made_again(http1: Http1Upstream, begun: bytes) -> None:
    async def script(talk: Talk) -> None:
        if talk.header("x-call") == b"1":
            await talk.say(OK)
        else:
            await talk.say(begun)
            talk.writer.close()

    async with rude(script) as server:
        assert await body_of(http1, Call("POST", server.url, {"x-call": "1"}, b"{}")) == b"ok"
        error = await fails(http1, Call("POST", server.url, {"x-call": "2"}, b"{}"))
        assert error.info.code == "connection_lost" and len(server.talks) == 1


async def test_a_call_that_may_have_been_worked_on_is_never_made_again(
    http1: Http1Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server hung up, but not within the time in which word of an idle close comes."""
    monkeypatch.setattr(http1_connection, "STALE_WITHIN", 0.0)
    async with rude(once_and_then(DYING["reset"])) as server:
        assert await body_of(http1, call(server.url)) == b"ok"
        error = await fails(http1, call(server.url))
        assert error.info.code == "connection_lost" and len(server.talks) == 1


async def test_a_hint_how_long_a_connection_is_kept_is_heeded(http1: Http1Upstream) -> None:
    def kept(seconds: int) -> bytes:
        return (
            f"HTTP/1.1 200 OK\r\nKeep-Alive: timeout={seconds}, max=9\r\ncontent-length: 2\r\n\r\nok".encode()
        )

    for seconds, connections in ((60, 1), (1, 3), (0, 3)):
        async with rude(says(kept(seconds), then="keep")) as server:
            for _ in range(3):
                assert await body_of(http1, call(server.url)) == b"ok"
            assert len(server.talks) == connections


# TLS


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("kept", [True, False])
async def test_a_further_connection_takes_up_the_session_of_an_earlier_one(
    http1: Http1Upstream, pem: Path, version: ssl.TLSVersion, kept: bool
) -> None:
    reused: list[bool] = []

    async def script(talk: Talk) -> None:
        if not reused or talk is not server.talks[0]:
            reused.append(talk.writer.get_extra_info("ssl_object").session_reused)
            await talk.say(OK if kept else OK.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n"))
        else:
            talk.hang_up()

    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.minimum_version = tls.maximum_version = version
    tls.load_cert_chain(pem)
    channel = Channel(ca_file=str(pem))
    async with rude(script, tls) as server:
        for _ in range(3):
            assert await body_of(http1, call(server.url, channel=channel)) == b"ok"
    assert reused == [False, True, True][: len(reused)] and len(reused) >= 2


async def test_a_session_that_the_server_forgot_is_no_harm(http1: Http1Upstream, pem: Path) -> None:
    async def answers(tls: ssl.SSLContext, port: int) -> int:
        script = says(OK.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n"))
        async with rude(script, tls, port=port) as server:
            asked = call(f"https://127.0.0.1:{server.port}", channel=Channel(ca_file=str(pem)))
            assert await body_of(http1, asked) == b"ok"
            return server.port

    port = 0
    for _ in range(3):
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(pem)
        port = await answers(tls, port)


# Closing


async def test_closing_does_not_wait(http1: Http1Upstream) -> None:
    async def script(talk: Talk) -> None:
        await talk.say(b"HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\nok")
        await talk.wait_gone()

    async with rude(script) as server:
        reply = await http1.send(call(server.url))
        with pytest.raises(StopIteration):
            reply.aclose().send(None)
        await asyncio.wait_for(server.talks[0].gone.wait(), 2)


async def test_closing_ends_the_reading_of_another_task(http1: Http1Upstream) -> None:
    async def script(talk: Talk) -> None:
        await talk.say(b"HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\nok")
        await talk.wait_gone()

    async with rude(script) as server:
        reply = await http1.send(call(server.url))
        chunks = reply.chunks()
        assert await anext(chunks) == b"ok"
        reading = asyncio.ensure_future(anext(chunks))  # type: ignore[arg-type]
        await asyncio.sleep(0)
        await reply.aclose()
        assert isinstance((await asyncio.gather(reading, return_exceptions=True))[0], Exception)


async def test_an_answer_that_has_come_frees_its_connection_before_it_is_read(http1: Http1Upstream) -> None:
    async with rude(says(OK, then="keep")) as server:
        replies = []
        for _ in range(3):
            replies.append(await http1.send(call(server.url)))
        assert len(server.talks) == 1
        for reply in replies:
            assert [chunk async for chunk in reply.chunks()] == [b"ok"]


async def test_cancelling_at_any_moment_leaves_nothing_open(http1: Http1Upstream) -> None:
    async def script(talk: Talk) -> None:
        await talk.say_slowly(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n", 9)
        await talk.wait_gone()

    async with rude(script) as server:
        for steps in range(40):
            task = asyncio.ensure_future(body_of(http1, call(server.url)))
            for _ in range(steps):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        for talk in server.talks:
            await asyncio.wait_for(talk.gone.wait(), 2)
        assert all(pool.idle for pool in http1._pools.values())


async def test_a_call_leaves_no_garbage_that_must_be_collected(http1: Http1Upstream) -> None:
    async with rude(says(CHUNKED + b"2\r\nok\r\n0\r\n\r\n", then="keep")) as server:
        await body_of(http1, call(server.url))
        gc.collect()
        gc.disable()
        try:
            for _ in range(5):
                await body_of(http1, call(server.url))
            kinds = [type(found).__name__ for found in gc.get_objects()]
        finally:
            gc.enable()
        assert kinds.count("Answer") == kinds.count("Http1Reply") == 0
