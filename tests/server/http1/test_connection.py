"""Connections over real sockets: cuts, pipelines, limits, patience, back-pressure, ends."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import pairwise

import pytest
import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import EngineError
from engine.events import Inbound
from engine.server.http1.connection import HIGH, READ_AHEAD, Connection, Service, Stage
from engine.server.http1.exchange import Exchange
from engine.server.http1.head import Head
from engine.server.http1.sweep import Patience, Sweeper
from engine.server.page import Answer, Page
from engine.spec.settings import LimitSettings
from tests.server.running import (
    PATIENCE,
    POST,
    Running,
    Streamed,
    Waiting,
    error_of,
    eventually,
    running,
    says_ok,
)

CLOSE = b"connection: close\r\n"
GET = b"GET /v1/models HTTP/1.1\r\nhost: h\r\n"
ASKED = GET + b"\r\n"
LEAVES = ["close", "half", "reset"]


def statuses(raw: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d+) ", raw)]


async def echo(inbound: Inbound) -> Answer:
    return Page(200, json.dumps([inbound.path, inbound.body.decode()]).encode())


# Cuts

WIRES = {
    "sized": POST + CLOSE + b"x-a: 1\r\ncontent-length: 11\r\n\r\nhello world",
    "chunked": POST + CLOSE + b"transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("wire", WIRES.values(), ids=WIRES)
async def test_a_request_may_be_cut_anywhere(wire: bytes) -> None:
    async with running(echo) as server:
        for cut in range(1, len(wire)):
            _, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(wire[:cut])
            await asyncio.sleep(0)
            writer.write(wire[cut:])
            await eventually(lambda cut=cut: len(server.gateway.asked) == cut)
            writer.close()
        whole = server.gateway.asked[0][0]._replace(request_id="")
        assert whole.body == b"hello world"
        assert all(inbound._replace(request_id="") == whole for inbound, _ in server.gateway.asked)


class FakeTransport(asyncio.Transport):
    """Keeps what is written; `log` also tells when reading was paused."""

    def __init__(self) -> None:
        super().__init__()
        self.log: list[bytes | str] = []
        self.closing = False

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None: ...

    def write(self, data: bytes) -> None:  # type: ignore[override]
        self.log.append(data)

    def pause_reading(self) -> None:
        self.log.append("pause")

    def resume_reading(self) -> None:
        self.log.append("resume")

    def can_write_eof(self) -> bool:
        return False

    def is_closing(self) -> bool:
        return self.closing

    def close(self) -> None:
        self.closing = True

    abort = close


class Keeper:
    """Implements `connection.Handler`; keeps what was asked, answers with the body when `go` is set."""

    def __init__(self) -> None:
        self.asked: list[Exchange] = []
        self.refused: list[EngineError] = []
        self.go = asyncio.Event()
        self.go.set()

    def passes_on(self, head: Head) -> bool:
        return False

    async def handle(self, exchange: Exchange) -> None:
        self.asked.append(exchange)
        await self.go.wait()
        exchange.answer(200, {}, "text/plain", exchange.body)

    def refuse(self, exchange: Exchange, error: EngineError) -> None:
        self.refused.append(error)
        exchange.answer(error.info.status, {}, "text/plain", b"")


class Bare:
    """A connection without a socket."""

    def __init__(self, limits: LimitSettings | None = None) -> None:
        self.handler, self.transport, self.connections = Keeper(), FakeTransport(), set()
        service = Service(self.handler, limits or LimitSettings(), Sweeper(Patience()))

        class App:
            class ctx:
                pass

        App.ctx.service = service  # type: ignore[attr-defined]
        self.connection = Connection(
            loop=asyncio.get_running_loop(),
            app=App,
            connections=self.connections,
            signal=None,
            state=None,
            unix=None,
        )
        self.connection.connection_made(self.transport)

    async def idle(self) -> None:
        while self.connection._stage is Stage.BUSY:
            await asyncio.sleep(0)

    def end(self) -> None:
        self.connection.connection_lost(None)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.booleans(), st.binary(max_size=30)), min_size=1, max_size=4),
    st.lists(st.integers(0, 1000), max_size=8),
)
def test_any_requests_cut_anywhere_are_the_same_requests(
    requests: list[tuple[bool, bytes]], cuts: list[int]
) -> None:
    wire = b""
    for chunked, body in requests:
        if chunked:
            wire += POST + b"transfer-encoding: chunked\r\n\r\n"
            wire += b"".join(b"1\r\n%b\r\n" % body[at : at + 1] for at in range(len(body))) + b"0\r\n\r\n"
        else:
            wire += POST + b"content-length: %d\r\n\r\n%b" % (len(body), body)

    async def feed() -> list[tuple[str, bytes]]:
        bare = Bare()
        edges = [0, *sorted(cut % (len(wire) + 1) for cut in cuts), len(wire)]
        for start, end in pairwise(edges):
            if start < end:
                bare.connection.data_received(wire[start:end])
            if start % 3:
                await asyncio.sleep(0)
        await bare.idle()
        bare.end()
        assert bare.handler.refused == []
        return [(exchange.head.method, exchange.body) for exchange in bare.handler.asked]

    assert asyncio.run(feed()) == [("POST", body) for _, body in requests]


# Pipelines


async def test_pipelined_requests_are_answered_in_order_and_one_at_a_time() -> None:
    at_once = most = 0

    async def handler(inbound: Inbound) -> Answer:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0.001)
        at_once -= 1
        return Page(200, inbound.body)

    async with running(handler) as server:
        wire = b"".join(POST + b"content-length: 2\r\n\r\n%02d" % number for number in range(20))
        raw = await server.talk(wire + POST + CLOSE + b"content-length: 2\r\n\r\n20")
    assert most == 1 and statuses(raw) == [200] * 21
    assert [int(body) for body in re.findall(rb"\r\n\r\n(\d\d)", raw)] == list(range(21))


async def test_what_is_read_ahead_is_bounded() -> None:
    bare = Bare()
    bare.handler.go.clear()
    bare.connection.data_received(POST + b"\r\n")
    piece = (POST + b"\r\n") * 500
    while "pause" not in bare.transport.log:
        bare.connection.data_received(piece)
    assert len(bare.connection._ahead) <= READ_AHEAD + len(piece)
    bare.handler.go.set()
    await bare.idle()
    assert bare.transport.log.index("resume") > bare.transport.log.index("pause")
    bare.end()


async def test_pipelined_requests_wait_for_a_client_that_does_not_read() -> None:
    bare = Bare()
    bare.connection.pause_writing()
    bare.connection.data_received(POST + b"\r\n")
    await asyncio.sleep(0)
    assert bare.handler.asked == []
    bare.connection.resume_writing()
    await bare.idle()
    assert len(bare.handler.asked) == 1
    bare.end()


async def test_after_what_is_no_request_there_is_one_refusal_and_an_end() -> None:
    async with running() as server:
        raw = await server.talk(GET + b"\r\n" + b"junk junk\r\n\r\n" + GET + b"\r\n")
    assert statuses(raw) == [200, 400]


async def test_nothing_is_read_after_a_last_request() -> None:
    async with running() as server:
        raw = await server.talk(GET + CLOSE + b"\r\n" + GET + b"\r\n")
    assert statuses(raw) == [200]


# What a request may be


async def test_an_upgrade_is_not_granted_and_the_request_answered() -> None:
    async with running() as server:
        upgrade = b"connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAA\r\n"
        raw = await server.talk(POST + upgrade + b"content-length: 2\r\n\r\n{}" + GET + CLOSE + b"\r\n")
        assert server.gateway.asked[0][0].body == b"{}"
    assert statuses(raw) == [200, 200]


async def test_an_http_1_0_client_gets_an_answer_and_the_end() -> None:
    async with running() as server:
        assert statuses(await server.talk(b"GET /v1/models HTTP/1.0\r\n\r\n")) == [200]


async def test_a_stream_to_an_http_1_0_client_ends_with_the_connection() -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b"one"
        yield b"two"

    async def handler(_: Inbound) -> Answer:
        return Streamed(body())

    async with running(handler) as server:
        raw = await server.talk(b"POST /v1/chat/completions HTTP/1.0\r\nconnection: keep-alive\r\n\r\n")
    assert raw.endswith(b"connection: close\r\n\r\nonetwo")


async def test_a_stream_is_not_read_for_head() -> None:
    work = Waiting(b"data: 1\n\n")
    async with running(work.streamed) as server:
        server.ingress.served = replace(server.ingress.served, endpoints=HeadTable())
        raw = await server.talk(b"HEAD /x HTTP/1.1\r\n" + CLOSE + b"\r\n")
    assert statuses(raw) == [200] and raw.endswith(b"\r\n\r\n") and not work.began.is_set()


class HeadTable:
    """Every path is a chat that answers GET."""

    def match(self, _: str) -> list[object]:
        from engine.server.endpoints import Hit
        from engine.snapshot.model import Endpoint

        return [Hit(Endpoint("x", "/x", ("GET",), "surface", "openai-chat"), {})]


async def test_a_body_is_asked_for_when_the_sender_waits_for_that() -> None:
    async with running(echo) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(POST + CLOSE + b"expect: 100-continue\r\ncontent-length: 2\r\n\r\n")
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"{}")
        assert statuses(await asyncio.wait_for(reader.read(), PATIENCE)) == [200]
        writer.close()


# Limits


@pytest.mark.parametrize("wire", [GET + b"x: " + b"a" * 70_000, b"GET /" + b"a" * 70_000])
async def test_an_endless_head_is_cut(wire: bytes) -> None:
    async with running() as server:
        status, error = error_of(await server.talk(wire))
    assert (status, error["code"]) == (431, "headers_too_large")


async def test_a_head_in_crumbs_is_cut_as_well() -> None:
    bare = Bare(LimitSettings(header=1000))
    for byte in GET + b"x" * 2000:
        bare.connection.data_received(bytes([byte]))
        assert len(bare.connection._ahead) < 1100
    assert [error.info.code for error in bare.handler.refused] == ["headers_too_large"]
    bare.end()


async def test_a_sender_of_too_much_sees_the_answer_and_is_let_go() -> None:
    limits, patience = LimitSettings(body=1000), Patience(linger=0.05, sweep=0.01)
    async with running(limits=limits, patience=patience) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(POST + b"content-length: 100000000\r\n\r\n" + b"x" * 100_000)
        raw = await asyncio.wait_for(
            reader.read(), PATIENCE
        )  # the answer and its end, before the body is out
        assert error_of(raw)[0] == 413 and b"connection: close" in raw
        writer.write(b"x" * 100_000)
        await eventually(lambda: not server.connections)
        writer.close()


async def test_a_body_that_grows_too_large_is_not_kept() -> None:
    bare = Bare(LimitSettings(body=1000))
    bare.connection.data_received(POST + b"transfer-encoding: chunked\r\n\r\n")
    for _ in range(100):
        bare.connection.data_received(b"64\r\n" + b"x" * 100 + b"\r\n")
    assert [error.info.code for error in bare.handler.refused] == ["body_too_large"]
    assert bare.connection._body is None and bare.connection._ahead == b"" and bare.handler.asked == []
    bare.end()


# Patience


@pytest.mark.parametrize("wire", [b"G", GET, GET + b"x: 1\r\n"])
async def test_a_head_that_does_not_end_is_given_up(wire: bytes) -> None:
    async with running(patience=Patience(head=0.05, sweep=0.01)) as server:
        status, error = error_of(await server.talk(wire))
    assert (status, error["code"]) == (408, "request_timeout")


async def test_a_slow_head_is_given_up_although_it_goes_on() -> None:
    async with running(patience=Patience(head=0.1, sweep=0.01)) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(GET)
        answer = asyncio.ensure_future(reader.read())
        while not answer.done():
            writer.write(b"x: 1\r\n")
            await asyncio.sleep(0.01)
        assert statuses(await answer) == [408]
        writer.close()


async def test_an_idle_connection_is_closed_without_a_word() -> None:
    async with running(patience=Patience(keep_alive=0.05, sweep=0.01)) as server:
        assert await server.talk() == b""
        assert statuses(await server.talk(GET + b"\r\n")) == [200]


async def test_an_answer_that_takes_for_ever_is_given_up() -> None:
    work = Waiting()
    async with running(work.whole, patience=Patience(reader=0.05, sweep=0.01)) as server:
        status, error = error_of(await server.talk(POST + b"\r\n"))
        assert work.ended.is_set()
    assert (status, error["code"]) == (503, "response_timeout")


async def test_a_reader_that_takes_nothing_is_given_up() -> None:
    async def body() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"x" * 10_000
        finally:
            ended.set()

    async def handler(_: Inbound) -> Answer:
        return Streamed(body())

    ended = asyncio.Event()
    async with running(handler, patience=Patience(reader=0.1, sweep=0.01)) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=1024)
        writer.write(POST + b"\r\n")
        await asyncio.wait_for(ended.wait(), PATIENCE)
        rest = b""
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                rest = data
        assert not rest.endswith(b"\r\n0\r\n\r\n")
        writer.close()


# Back-pressure and ends


async def test_a_slow_reader_holds_little_memory() -> None:
    async def body() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 10_000

    async def handler(_: Inbound) -> Answer:
        return Streamed(body())

    async with running(handler) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=1024)
        writer.write(POST + b"\r\n")
        await reader.readuntil(b"\r\n\r\n")
        (connection,) = server.connections
        await eventually(lambda: connection.full)
        assert connection._transport.get_write_buffer_size() <= HIGH + 11_000 <= 64 * 1024
        await reader.readexactly(50_000_000)  # it goes on as soon as there is room
        writer.close()


@pytest.mark.parametrize("wire", [b"", b"G", GET, POST + b"content-length: 9\r\n\r\nabc"])
async def test_a_client_that_leaves_early_leaves_nothing(wire: bytes) -> None:
    async with running() as server:
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(wire)
        await eventually(lambda: len(server.connections) == 1)
        writer.close()
        await eventually(lambda: not server.connections)
        assert server.gateway.asked == [] and server.telemetry.lines == []


@pytest.mark.parametrize("kind", ["whole", "streamed"])
@pytest.mark.parametrize("leave", LEAVES)
async def test_a_client_that_leaves_in_the_middle_cancels_the_work(kind: str, leave: str) -> None:
    work = Waiting(b"data: 1\n\n")
    async with running(work.whole if kind == "whole" else work.streamed) as server:
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(POST + b"\r\n")
        await asyncio.wait_for(work.began.wait(), PATIENCE)
        {"close": writer.close, "half": writer.write_eof, "reset": writer.transport.abort}[leave]()
        await asyncio.wait_for(work.ended.wait(), PATIENCE)
        await eventually(lambda: not server.connections and server.drain.in_flight == 0)
        writer.close()


async def test_idle_connections_are_closed_at_a_shutdown_and_no_others() -> None:
    work = Waiting(b"data: 1\n\n")
    async with running(work.streamed) as server:
        busy = await asyncio.open_connection("127.0.0.1", server.port)
        busy[1].write(POST + b"\r\n")
        await asyncio.wait_for(work.began.wait(), PATIENCE)
        idle = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(50)]
        await eventually(lambda: len(server.connections) == 51)
        for connection in list(server.connections):
            connection.close_if_idle()
        assert [await asyncio.wait_for(reader.read(), PATIENCE) for reader, _ in idle] == [b""] * 50
        assert len(server.connections) == 1 and not work.ended.is_set()
        for _, writer in (busy, *idle):
            writer.close()


async def test_a_handler_that_gives_no_answer_breaks_the_connection() -> None:
    bare = Bare()

    async def handle(exchange: Exchange) -> None:
        exchange.begin(200, {}, "text/plain")
        exchange.write(b"half")

    bare.handler.handle = handle  # type: ignore[method-assign]
    bare.connection.data_received(POST + b"\r\n")
    await asyncio.sleep(0.001)
    assert bare.transport.closing
    bare.end()


async def answers(server: Running, wire: bytes) -> list[int]:
    return statuses(await server.talk(wire))


@pytest.mark.parametrize("size", [0, 1, 65_536, 3_000_000])
async def test_answers_of_any_size(size: int) -> None:
    async def handler(_: Inbound) -> Answer:
        return Page(200, b"x" * size)

    async with running(handler) as server:
        raw = await server.talk(POST + b"\r\n" + POST + CLOSE + b"\r\n")
    assert (
        statuses(raw) == [200, 200]
        and raw.count(b"x" * size) >= 2
        and raw.endswith(b"\r\n\r\n" + b"x" * size)
    )


async def test_the_default_handler_answers() -> None:
    async with running(says_ok) as server:
        assert await answers(server, POST + CLOSE + b"\r\n") == [200]


# The tests run on the default event loop; workers use another.
SCENARIOS = [
    *(partial(test_a_request_may_be_cut_anywhere, wire) for wire in WIRES.values()),
    *(partial(test_a_client_that_leaves_in_the_middle_cancels_the_work, "streamed", how) for how in LEAVES),
    *(partial(test_a_client_that_leaves_early_leaves_nothing, wire) for wire in (b"", GET)),
    *(partial(test_answers_of_any_size, size) for size in (0, 3_000_000)),
    partial(test_an_endless_head_is_cut, b"GET /" + b"a" * 70_000),
    test_pipelined_requests_are_answered_in_order_and_one_at_a_time,
    test_a_stream_to_an_http_1_0_client_ends_with_the_connection,
    test_a_sender_of_too_much_sees_the_answer_and_is_let_go,
    test_a_slow_head_is_given_up_although_it_goes_on,
    test_an_idle_connection_is_closed_without_a_word,
    test_an_answer_that_takes_for_ever_is_given_up,
    test_a_reader_that_takes_nothing_is_given_up,
    test_a_slow_reader_holds_little_memory,
    test_idle_connections_are_closed_at_a_shutdown_and_no_others,
]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_it_is_the_same_on_the_loop_of_the_workers(
    scenario: Callable[[], Coroutine[None, None, None]],
) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(scenario())


async def test_requests_of_a_connection_have_one_task_which_ends_with_it() -> None:
    before, bare = asyncio.all_tasks(), Bare()
    for _ in range(3):
        bare.connection.data_received(ASKED)
        await bare.idle()
    (task,) = asyncio.all_tasks() - before
    bare.end()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(bare.handler.asked) == 3


async def test_requests_that_came_together_are_answered_with_others_in_between() -> None:
    bare, other = Bare(), Bare()
    bare.connection.data_received(ASKED * 3)
    other.connection.data_received(ASKED)
    while not other.handler.asked:
        await asyncio.sleep(0)
    assert len(bare.handler.asked) < 3
    await bare.idle()
    assert len(bare.handler.asked) == 3


async def test_a_handler_that_answers_on_after_its_client_left_ends_its_task() -> None:
    before, bare = asyncio.all_tasks(), Bare()

    async def stubborn(exchange: Exchange) -> None:
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        exchange.answer(200, {}, "text/plain", b"")

    bare.handler.handle = stubborn  # type: ignore[method-assign]
    bare.connection.data_received(ASKED)
    await asyncio.sleep(0)
    (task,) = asyncio.all_tasks() - before
    bare.end()
    await asyncio.wait_for(task, 5)


async def test_a_task_that_failed_is_replaced() -> None:
    bare = Bare()
    handle, said = bare.handler.handle, []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: said.append(context["message"]))

    async def failing(exchange: Exchange) -> None:
        await handle(exchange)
        raise RuntimeError

    bare.handler.handle = failing  # type: ignore[method-assign]
    for _ in range(2):
        bare.connection.data_received(ASKED)
        await bare.idle()
        await asyncio.sleep(0)
    assert len(bare.handler.asked) == 2
    bare.end()
