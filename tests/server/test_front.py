"""The server over real sockets, with a gateway that does what each test says."""

from __future__ import annotations

import asyncio
import gc
import json
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest

from engine.errors import ErrorClass, ErrorInfo, UpstreamFailed
from engine.events import Inbound
from engine.server.front import query_of
from engine.server.http1.exchange import Exchange
from engine.server.page import Answer, Page
from tests.server.running import (
    PATIENCE,
    POST,
    Lines,
    Streamed,
    Waiting,
    eventually,
    framework_logs_to,
    running,
    says_ok,
)


async def test_a_request_reaches_the_gateway_as_it_was_sent() -> None:
    async with running() as server:
        reply = await server.client.post(
            "/v1/chat/completions?q=x%20y",
            content=b'{"a": 1}',
            headers={"X-Thing": "1", "x-request-id": "abc-1"},
        )
        inbound, client = server.gateway.asked[0]
    assert (inbound.method, inbound.path, inbound.body) == ("POST", "/v1/chat/completions", b'{"a": 1}')
    assert (dict(inbound.query), inbound.raw_query) == ({"q": "x y"}, "q=x%20y")
    assert inbound.headers["x-thing"] == "1" and inbound.remote == "127.0.0.1" and client is None
    assert (reply.status_code, reply.json()) == (200, {"ok": True})
    assert reply.headers["x-request-id"] == "abc-1" == inbound.request_id
    assert reply.headers["x-proxyctl-provider"] == "fake" and reply.headers["x-proxyctl-generation"] == "gen1"


@pytest.mark.parametrize("given", [None, "", "has blank", "x" * 200, "héh", 'q"uote'])
async def test_a_request_id_is_made_when_none_fits(given: str | None) -> None:
    async with running() as server:
        headers = {} if given is None else {"x-request-id": given.encode()}
        reply = await server.chat(headers=headers)
        assert reply.headers["x-request-id"] == "req-1" == server.gateway.asked[0][0].request_id


def two_pieces(more: asyncio.Event) -> Callable[[Inbound], Awaitable[Answer]]:
    """A handler that streams one piece, and the second when `more` is set."""

    async def body() -> AsyncIterator[bytes]:
        yield b"data: 1\n\n"
        await more.wait()
        yield b"data: 2\n\n"

    async def handler(_: Inbound) -> Answer:
        return Streamed(body())

    return handler


async def test_a_stream_is_sent_piece_by_piece() -> None:
    more = asyncio.Event()
    handler = two_pieces(more)
    async with running(handler) as server, server.client.stream("POST", "/v1/chat/completions") as reply:
        pieces = reply.aiter_bytes()
        assert await anext(pieces) == b"data: 1\n\n"
        more.set()
        assert [piece async for piece in pieces] == [b"data: 2\n\n"]
    assert reply.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert reply.headers["cache-control"] == "no-cache" and reply.headers["x-accel-buffering"] == "no"


async def test_an_open_stream_does_not_hold_what_was_asked() -> None:
    more, asked = asyncio.Event(), b"x" * 100_000
    async with (
        running(two_pieces(more)) as server,
        server.client.stream("POST", "/v1/chat/completions", content=asked) as reply,
    ):
        pieces = reply.aiter_bytes()
        await anext(pieces)
        server.gateway.asked.clear()
        kept = [found for found in gc.get_objects() if isinstance(found, Inbound | Exchange)]
        assert kept and not any(found.body == asked for found in kept)
        more.set()
        assert [piece async for piece in pieces] == [b"data: 2\n\n"]


@pytest.mark.parametrize("body", [b"{}", b"x" * 300_000], ids=["small", "large"])
@pytest.mark.parametrize("kind", ["whole", "streamed"])
async def test_a_client_that_leaves_cancels_the_work(kind: str, body: bytes) -> None:
    work = Waiting(b"data: 1\n\n")
    async with running(work.whole if kind == "whole" else work.streamed) as server:
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(POST + b"content-length: %d\r\n\r\n" % len(body) + body)
        await asyncio.wait_for(work.began.wait(), PATIENCE)
        writer.close()
        await asyncio.wait_for(work.ended.wait(), PATIENCE)
        await eventually(lambda: server.drain.in_flight == 0)
        assert server.telemetry.of("http") == [] and server.telemetry.of("internal error") == []


def exchanges_alive() -> bool:
    return any(isinstance(found, Exchange) for found in gc.get_objects())


async def test_what_a_client_that_left_had_asked_for_goes_without_the_garbage_collector() -> None:
    work = Waiting(b"data: 1\n\n")
    async with running(work.streamed) as server:
        gc.collect()  # what other tests have left
        gc.disable()
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(POST + b"content-length: 2\r\n\r\n{}")
            await asyncio.wait_for(work.began.wait(), PATIENCE)
            assert exchanges_alive()
            writer.close()
            await asyncio.wait_for(work.ended.wait(), PATIENCE)
            await eventually(lambda: not exchanges_alive())
        finally:
            gc.enable()


async def test_a_slow_reader_slows_the_source() -> None:
    made = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal made
        while True:
            made += 1
            yield b"x" * 65536

    async def handler(_: Inbound) -> Answer:
        return Streamed(body())

    async with running(handler) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=1024)
        writer.write(POST + b"content-length: 0\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        before = -1
        while made != before:
            before = made
            await asyncio.sleep(0.1)
        assert made < 200
        writer.close()


class Poured:
    """A stream that gives one piece, and is then poured."""

    def __init__(self, pour: Callable[[Callable[[bytes], bool]], Awaitable[None]]) -> None:
        self.pour = pour
        self.given = False

    def __aiter__(self) -> Poured:
        return self

    async def __anext__(self) -> bytes:
        if self.given:
            raise StopAsyncIteration
        self.given = True
        return b"first "


async def test_what_is_poured_is_written_as_it_comes() -> None:
    more = asyncio.Event()

    async def pour(write: Callable[[bytes], bool]) -> None:
        assert not write(b"second ")
        await more.wait()
        assert not write(b"third")

    async def handler(_: Inbound) -> Answer:
        return Streamed(Poured(pour))

    async with running(handler) as server, server.client.stream("POST", "/v1/chat/completions") as reply:
        read = b""
        async for piece in reply.aiter_raw():
            read += piece
            if b"second" in read:
                more.set()
    assert read == b"first second third"


async def test_pouring_for_a_slow_reader_stops() -> None:
    poured, stopped = 0, asyncio.Event()

    async def pour(write: Callable[[bytes], bool]) -> None:
        nonlocal poured
        slow = False
        while not slow:
            slow = write(b"x" * 65536)
            poured += 1
            await asyncio.sleep(0)
        stopped.set()

    async def handler(_: Inbound) -> Answer:
        return Streamed(Poured(pour))

    async with running(handler) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=1024)
        writer.write(POST + b"connection: close\r\ncontent-length: 0\r\n\r\n")
        await asyncio.wait_for(stopped.wait(), PATIENCE)
        assert 0 < poured < 200
        answer = await asyncio.wait_for(reader.read(), PATIENCE)
        assert answer.endswith(b"\r\n0\r\n\r\n") and answer.count(b"x" * 64) == poured * 1024
        writer.close()


async def test_a_stream_that_breaks_never_looks_whole() -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b"data: 1\n\n"
        raise UpstreamFailed(ErrorInfo(ErrorClass.UPSTREAM, "lost"))

    async def handler(_: Inbound) -> Answer:
        return Streamed(body())

    async with running(handler) as server:
        with pytest.raises(httpx.HTTPError):
            await server.chat()
        assert server.telemetry.of("http") == []


async def test_a_fault_in_mid_stream_breaks_off_and_is_logged() -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b"data: 1\n\n"
        raise RuntimeError("a fault")

    async def handler(_: Inbound) -> Answer:
        return Streamed(body())

    framework = Lines()
    with framework_logs_to(framework):
        async with running(handler) as server:
            with pytest.raises(httpx.HTTPError):
                await server.chat(headers={"x-request-id": "r1"})
            told = server.telemetry.of("internal error")
            assert told[0]["request_id"] == "r1" and "a fault" in str(told[0]["trace"])
    assert framework.lines == []


async def test_a_fault_is_logged_and_not_told() -> None:
    async def handler(_: Inbound) -> Answer:
        raise RuntimeError("the secret inside")

    async with running(handler) as server:
        reply = await server.chat(headers={"x-request-id": "r1"})
        assert reply.status_code == 500 and reply.json()["error"]["code"] == "internal_error"
        assert "r1" in reply.json()["error"]["message"] and "secret" not in reply.text
        assert "the secret inside" in str(server.telemetry.of("internal error")[0]["trace"])
        assert reply.headers["x-request-id"] == "r1"


async def test_an_answer_with_a_status_that_there_is_not_is_a_fault() -> None:
    async def handler(_: Inbound) -> Answer:
        return Page(101, b"{}")

    async with running(handler) as server:
        reply = await server.chat()
        assert (reply.status_code, reply.json()["error"]["code"]) == (500, "internal_error")
        assert len(server.telemetry.of("internal error")) == 1


async def test_a_stream_that_breaks_before_its_first_piece_is_answered_with_the_error() -> None:
    async def body() -> AsyncIterator[bytes]:
        raise UpstreamFailed(ErrorInfo(ErrorClass.UPSTREAM, "lost", "gone"))
        yield b""

    async def handler(_: Inbound) -> Answer:
        return Streamed(body())

    async with running(handler) as server:
        reply = await server.chat()
    assert (reply.status_code, reply.json()["error"]["code"]) == (502, "gone")


async def test_json_that_is_nested_too_deeply() -> None:
    async def handler(_: Inbound) -> Answer:
        raise RecursionError

    async with running(handler) as server:
        reply = await server.chat()
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "json_too_deep")


async def test_a_connection_is_used_again_after_an_error() -> None:
    async with running() as server:
        assert (await server.client.get("/nowhere")).status_code == 404
        assert (await server.chat()).status_code == 200
        assert len(server.connections) == 1


async def test_two_requests_at_once_on_one_connection_are_answered_in_order() -> None:
    async with running() as server:
        one = POST + b"content-length: 2\r\nx-request-id: a\r\n\r\n{}"
        two = POST + b"content-length: 2\r\nx-request-id: b\r\nconnection: close\r\n\r\n{}"
        raw = await server.talk(one + two)
    assert raw.index(b"x-request-id: a") < raw.index(b"x-request-id: b")


async def test_head_gives_the_headers_of_get() -> None:
    async with running() as server:
        head, get = await server.client.head("/v1/models"), await server.client.get("/v1/models")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == get.headers["content-length"]


async def test_a_shutdown_lets_streams_end() -> None:
    more = asyncio.Event()
    handler = two_pieces(more)
    async with running(handler) as server, server.client.stream("POST", "/v1/chat/completions") as reply:
        pieces = reply.aiter_bytes()
        await anext(pieces)
        ending = asyncio.ensure_future(server.drain.run_out(PATIENCE, 1.0))
        await eventually(lambda: server.drain.closing)
        refused = await httpx.AsyncClient(trust_env=False).post(f"{server.url}/v1/chat/completions", json={})
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "shutting_down")
        assert refused.headers["retry-after"] == "1"
        more.set()
        assert [piece async for piece in pieces] == [b"data: 2\n\n"]
        await ending


async def test_a_shutdown_cuts_what_does_not_end_with_a_last_event() -> None:
    work = Waiting(b"data: 1\n\n")
    async with running(work.streamed) as server:
        async with server.client.stream("POST", "/v1/chat/completions") as reply:
            pieces = reply.aiter_bytes()
            first = await anext(pieces)
            ending = asyncio.ensure_future(server.drain.run_out(0.01, PATIENCE))
            rest = b"".join([piece async for piece in pieces])
        await ending
    assert first == b"data: 1\n\n" and work.ended.is_set()
    assert rest.startswith(b"data: ") and rest.endswith(b"\n\n") and b"[DONE]" not in rest
    assert json.loads(rest[6:])["error"]["code"] == "shutting_down"


async def test_a_shutdown_cuts_a_whole_answer_with_an_error() -> None:
    work = Waiting()
    async with running(work.whole) as server:
        asking = asyncio.ensure_future(server.chat())
        await asyncio.wait_for(work.began.wait(), PATIENCE)
        await server.drain.run_out(0.01, PATIENCE)
        reply = await asking
    assert (reply.status_code, reply.json()["error"]["code"]) == (503, "shutting_down")


async def test_an_answer_in_flight_keeps_its_snapshot_and_status() -> None:
    async def handler(_: Inbound) -> Answer:
        return Page(418, b"{}", headers={"retry-after": "7"})

    async with running(handler) as server:
        reply = await server.chat()
    assert (reply.status_code, reply.headers["retry-after"]) == (418, "7")


async def test_many_requests_at_once() -> None:
    async with running(says_ok) as server:
        replies = await asyncio.gather(*(server.chat() for _ in range(100)))
    assert {reply.status_code for reply in replies} == {200}


async def test_a_query_of_too_many_fields() -> None:
    async with running() as server:
        reply = await server.client.post("/v1/chat/completions?" + "&".join(["a=1"] * 2000))
    assert (reply.status_code, reply.json()["error"]["message"]) == (400, "the query has too many fields")


def test_query() -> None:
    assert query_of("") == {} and query_of("a=1&b=&c=%20") == {"a": "1", "b": "", "c": " "}
