from __future__ import annotations

import asyncio
import gzip

import pytest

from engine.events import Call
from engine.ports import Upstream
from tests.adapters.contract.calls import body_of, call
from tests.adapters.rude_server import Script, Talk, rude, says


async def test_headers_are_lower_case_and_repeated_ones_joined(upstream: Upstream) -> None:
    answer = b"HTTP/1.1 429 Slow\r\nRetry-After: 3\r\nX-A: 1\r\nx-a: 2\r\ncontent-length: 0\r\n\r\n"
    async with rude(says(answer)) as server:
        reply = await upstream.send(call(server.url))
        await reply.aclose()
    assert reply.status == 429 and reply.headers["retry-after"] == "3" and reply.headers["x-a"] == "1, 2"


async def test_a_redirect_is_an_answer(upstream: Upstream) -> None:
    answer = b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n"
    async with rude(says(answer)) as server:
        reply = await upstream.send(call(server.url))
        await reply.aclose()
        assert reply.status == 302 and len(server.talks) == 1


async def test_chunks_come_as_they_arrive(upstream: Upstream) -> None:
    more = asyncio.Event()

    async def script(talk: Talk) -> None:
        await talk.say(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n")
        await more.wait()
        await talk.say(b"3\r\ntwo\r\n0\r\n\r\n")

    async with rude(script) as server:
        reply = await upstream.send(call(server.url))
        chunks = reply.chunks()
        assert await anext(chunks) == b"one"
        more.set()
        assert [chunk async for chunk in chunks] == [b"two"]
        await reply.aclose()


async def test_gzip_despite_identity_is_undone(upstream: Upstream) -> None:
    packed = gzip.compress(b"x" * 1_000_000)
    head = f"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {len(packed)}\r\n\r\n".encode()
    async with rude(says(head, packed)) as server:
        reply = await upstream.send(call(server.url))
        pieces = [chunk async for chunk in reply.chunks()]
        await reply.aclose()
    assert b"".join(pieces) == b"x" * 1_000_000 and max(map(len, pieces)) <= 65536
    assert "content-encoding" not in reply.headers and "content-length" not in reply.headers


CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"

# What comes -> status and body
VALID: dict[str, tuple[bytes, int, bytes]] = {
    "length": (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, b"hello"),
    "no reason": (b"HTTP/1.1 200 \r\ncontent-length: 5\r\n\r\nhello", 200, b"hello"),
    "empty": (b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", 200, b""),
    "chunked": (CHUNKED + b"3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", 200, b"hello"),
    "chunked, in hexadecimal": (
        CHUNKED + b"A\r\n0123456789\r\n0b\r\nhello hello\r\n0\r\n\r\n",
        200,
        b"0123456789hello hello",
    ),
    "chunked, nothing": (CHUNKED + b"0\r\n\r\n", 200, b""),
    "chunk extensions": (CHUNKED + b'5;a=b;c="d"\r\nhello\r\n0;e\r\n\r\n', 200, b"hello"),
    "trailers": (CHUNKED + b"5\r\nhello\r\n0\r\nx-sum: 1\r\nx-more: 2\r\n\r\n", 200, b"hello"),
    "100 first": (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello",
        200,
        b"hello",
    ),
    "103 first": (
        b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 103 X\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello",
        200,
        b"hello",
    ),
    "204": (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
    "304": (b"HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n", 304, b""),
    "until the end": (b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nhello", 200, b"hello"),
    "until the end, unsaid": (b"HTTP/1.1 200 OK\r\n\r\nhello", 200, b"hello"),
    "1.0": (b"HTTP/1.0 200 OK\r\n\r\nhello", 200, b"hello"),
    "1.0 with length": (b"HTTP/1.0 200 OK\r\ncontent-length: 5\r\n\r\nhello", 200, b"hello"),
    "an upgrade that is only offered": (
        b"HTTP/1.1 200 OK\r\nupgrade: h2,h2c\r\nconnection: Upgrade, Keep-Alive\r\ncontent-length: 5\r\n\r\nhello",
        200,
        b"hello",
    ),
    "odd values": (
        b"HTTP/1.1 200 OK\r\nx-a:\t \xe9 ; \t\r\nx-b:\r\ncontent-length:5 \r\n\r\nhello",
        200,
        b"hello",
    ),
    "an unusual status": (b"HTTP/1.1 529 Busy\r\ncontent-length: 5\r\n\r\nhello", 529, b"hello"),
}


@pytest.mark.parametrize("step", [1, 7, 10_000])
@pytest.mark.parametrize(("answer", "status", "body"), VALID.values(), ids=VALID.keys())
async def test_a_valid_answer_in_any_pieces(
    upstream: Upstream, answer: bytes, status: int, body: bytes, step: int
) -> None:
    async def script(talk: Talk) -> None:
        await talk.say_slowly(answer, step)
        talk.writer.close()

    async with rude(script) as server:
        reply = await upstream.send(call(server.url))
        assert b"".join([chunk async for chunk in reply.chunks()]) == body
        await reply.aclose()
    assert reply.status == status and "link" not in reply.headers and "x-sum" not in reply.headers
    assert reply.headers.get("x-a", "é ;") == "é ;" and reply.headers.get("x-b", "") == ""


REUSABLE = [name for name in VALID if not name.startswith(("until", "1.0"))]


@pytest.mark.parametrize("name", REUSABLE)
async def test_after_a_whole_answer_the_connection_is_used_again(upstream: Upstream, name: str) -> None:
    answer, _, body = VALID[name]
    async with rude(says(answer, then="keep")) as server:
        for _ in range(3):
            assert await body_of(upstream, call(server.url)) == body
        assert len(server.talks) == 1


NOT_REUSABLE = {
    "close": b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 5\r\n\r\nhello",
    "close among others": b"HTTP/1.1 200 OK\r\nConnection: x, Close\r\ncontent-length: 5\r\n\r\nhello",
    "1.0": VALID["1.0 with length"][0],
}


@pytest.mark.parametrize("answer", NOT_REUSABLE.values(), ids=NOT_REUSABLE.keys())
async def test_a_connection_that_the_upstream_will_close_is_not_used_again(
    upstream: Upstream, answer: bytes
) -> None:
    async with rude(says(answer, then="keep")) as server:
        for number in (1, 2, 3):
            assert await body_of(upstream, call(server.url)) == b"hello"
            assert len(server.talks) == number


async def test_the_answer_to_head_has_no_body(upstream: Upstream) -> None:
    async with rude(says(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n", then="keep")) as server:
        for _ in range(2):
            reply = await upstream.send(Call("HEAD", server.url, {}))
            assert [chunk async for chunk in reply.chunks()] == [] and reply.headers["content-length"] == "5"
            await reply.aclose()
        assert len(server.talks) == 1


@pytest.mark.parametrize("chunked", [True, False])
async def test_a_large_answer_is_whole(upstream: Upstream, chunked: bool) -> None:
    block = bytes(range(256)) * 1024
    async with rude(large(block, 20, chunked=chunked)) as server:
        assert await body_of(upstream, call(server.url)) == block * 20


def large(block: bytes, count: int, *, chunked: bool) -> Script:
    """A script that answers `block` so many times."""

    async def script(talk: Talk) -> None:
        length = f"content-length: {len(block) * count}"
        framing = "transfer-encoding: chunked" if chunked else length
        await talk.say(f"HTTP/1.1 200 OK\r\n{framing}\r\n\r\n".encode())
        for _ in range(count):
            await talk.say(b"%x\r\n%s\r\n" % (len(block), block) if chunked else block)
        if chunked:
            await talk.say(b"0\r\n\r\n")

    return script


@pytest.mark.parametrize("chunked", [True, False])
async def test_a_slow_reader_makes_the_upstream_wait(upstream: Upstream, chunked: bool) -> None:
    said = 0
    block = b"x" * 65536

    async def script(talk: Talk) -> None:
        nonlocal said
        await talk.say(
            b"HTTP/1.1 200 OK\r\n" + (b"transfer-encoding: chunked" if chunked else b"x: y") + b"\r\n\r\n"
        )
        for _ in range(1600):
            await talk.say(b"10000\r\n" + block + b"\r\n" if chunked else block)
            said += 1
        if chunked:
            await talk.say(b"0\r\n\r\n")
        talk.writer.close()

    async with rude(script) as server:
        reply = await upstream.send(call(server.url))
        chunks = reply.chunks()
        size = len(await anext(chunks))
        before = -1
        while said != before:  # until the server can say no more
            before = said
            await asyncio.sleep(0.05)
        assert said < 400
        async for chunk in chunks:
            size += len(chunk)
        await reply.aclose()
    assert size == 1600 * 65536


async def test_a_body_that_nobody_reads_does_not_harm(upstream: Upstream) -> None:
    async with rude(large(b"x" * 65536, 40, chunked=True)) as server:
        for _ in range(3):
            reply = await upstream.send(call(server.url))
            assert reply.status == 200
            await reply.aclose()
        assert len(server.talks) == 3
