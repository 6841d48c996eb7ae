"""Timeouts and limits: each with an error that names it; bytes without an event buy no time."""

import asyncio
import gc
import math
import weakref
from collections.abc import AsyncGenerator, AsyncIterator, Mapping

import pytest

from engine.errors import ErrorClass, UpstreamFailed
from engine.events import Timeouts
from engine.gateway.reading import Alarm, Body, Deadlines
from tests.gateway.playbook import Break, Game, Json, Line, Pourable, Reply, Stream, Wait, play

pytestmark = pytest.mark.usefixtures("both_ways")

SITE = """
providers:
  b:
    dialect: plain
    base_url: "https://b.test"
    retry: off
    timeout: {connect: 2s, first_byte: 5s, idle: 3s, total: 20s}
    limits: {response: 4KiB, event: 1KiB}
models:
  alone: {targets: [b/m]}
"""
PING = b": ping\n\n"
HALF = b'data: {"text": "ne'


@pytest.mark.parametrize("streaming", [True, False])
@pytest.mark.parametrize(
    ("line", "code", "seconds"),
    [
        (Json({"text": "hi"}, before=9.0), "first_byte_timeout", 5),
        (Stream(Wait(9)), "first_byte_timeout", 5),
        (Stream(*[PING, Wait(1)] * 9), "first_byte_timeout", 5),
        (Reply(200, [Wait(9), b"{}"]), "first_byte_timeout", 5),
        (Reply(200, [b" \n", Wait(4), b" ", Wait(4), b"{}"]), "first_byte_timeout", 5),
        (Reply(200, [b'{"te', Wait(9), b'xt": 1}']), "idle_timeout", 3),
        (Reply(200, [b'{"te', *[Wait(1), b" "] * 9]), "idle_timeout", 3),
    ],
)
def test_before_the_answer(line: Line, code: str, seconds: float, streaming: bool) -> None:
    game = play(SITE, "alone", line, stream=streaming)
    assert (game.heard.status, game.heard.error["code"]) == (504, code)
    assert code.removesuffix("_timeout") in game.heard.error["message"]
    assert game.elapsed == seconds
    assert game.all_closed


@pytest.mark.parametrize(
    ("pieces", "code", "seconds"),
    [
        ([{"text": "a"}, Wait(9)], "idle_timeout", 3),
        ([{"text": "a"}, *[PING, Wait(1)] * 9], "idle_timeout", 3),
        ([{"text": "a"}, *[HALF, Wait(1)] * 9], "idle_timeout", 3),
        ([{"text": "a"}, Wait(2)] * 15, "total_timeout", 20),
    ],
)
def test_in_the_middle_of_a_stream(pieces: list[object], code: str, seconds: float) -> None:
    game = play(SITE, "alone", Stream(*pieces), stream=True)
    assert (game.heard.status, game.heard.error["code"]) == (200, code)
    assert game.heard.error["type"] == "timeout_error"
    assert game.elapsed == seconds
    assert game.all_closed


def test_events_buy_time_and_so_does_a_slow_reader() -> None:
    game = Game(SITE)

    async def slowly() -> bytes:
        answer = await game.open(
            "alone", [Stream({"text": "a"}, {"text": "b"}, {"finish": "stop"})], stream=True
        )
        assert not isinstance(answer.body, bytes)
        read = b""
        async for piece in answer.body:
            read += piece
            await asyncio.sleep(4)
        return read

    assert b"[DONE]" in game.run(slowly())


def test_no_limits_wait_for_ever() -> None:
    site = SITE.replace(
        "{connect: 2s, first_byte: 5s, idle: 3s, total: 20s}", "{first_byte: 10h, total: 10h}"
    )
    game = play(site, "alone", Reply(200, [b" ", Wait(30_000), b'{"text": "hi", "finish": "stop"}']))
    assert game.heard.text == "hi"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (Reply(200, [b"x" * 5000]), "too_large"),
        (Reply(200, [b"x" * 1000] * 5), "too_large"),
        (Stream({"text": "y" * 1100}), "event_too_large"),
        (Stream(*[PING * 100] * 6), "too_large"),
    ],
)
def test_limits(line: Line, code: str) -> None:
    game = play(SITE, "alone", line, stream=True)
    assert (game.heard.status, game.heard.error["code"]) == (502, code)
    assert game.all_closed


def test_a_limit_in_the_middle_of_a_stream() -> None:
    game = play(SITE, "alone", Stream({"text": "a"}, {"text": "y" * 1100}), stream=True)
    assert (game.heard.status, game.heard.error["code"]) == (200, "event_too_large")


def test_an_error_whose_body_is_cut_off_is_still_that_error() -> None:
    for pieces in ([b'{"message": "too ma', Break()], [b"too many", Wait(60)], [b"x" * 5000]):
        game = play(SITE, "alone", Reply(429, pieces, "text/plain"))
        assert game.heard.status == 429


# --- the parts ---------------------------------------------------------------------------------------------


class OneReply:
    def __init__(self, *pieces: bytes) -> None:
        self.status = 200
        self.headers: Mapping[str, str] = {}
        self.pieces = pieces
        self.closed = 0

    def arrived(self) -> bytes | None:
        return None

    async def chunks(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            yield piece
        await asyncio.sleep(60)

    async def aclose(self) -> None:
        self.closed += 1


async def test_drain_does_not_wait_for_a_connection_that_stays_open() -> None:
    reply = OneReply(b"a", b"b")
    body = Body(reply, Deadlines(Timeouts(None, None, None, None)), 100)
    async with asyncio.timeout(5):
        await body.drain()
    await body.aclose()
    assert reply.closed == 1


async def test_close_while_another_task_reads() -> None:
    reply = OneReply()
    body = Body(reply, Deadlines(Timeouts()), 100)
    reading = asyncio.ensure_future(body.next())
    await asyncio.sleep(0)
    await body.aclose()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert reply.closed == 1


async def test_the_nearer_deadline_is_the_one_that_is_named() -> None:
    deadlines = Deadlines(Timeouts(None, 0.02, 0.02, 0.01))
    with pytest.raises(UpstreamFailed) as caught:
        await deadlines.wait(asyncio.sleep(60))
    assert caught.value.info.error_class is ErrorClass.TIMEOUT
    assert caught.value.info.code == "total_timeout"


async def test_one_alarm_stops_each_that_is_late_and_no_other() -> None:
    async def wait(total: float, lasts: float) -> str:
        deadlines = Deadlines(Timeouts(None, None, None, total))
        try:
            await deadlines.wait(asyncio.sleep(lasts))
        except UpstreamFailed as failure:
            return str(failure.info.code)
        finally:
            deadlines.close()
        return "in time"

    limits = [(9.0, 0.06), (0.03, 9.0), (0.01, 9.0), (0.05, 0.0), (0.03, 9.0)]
    late = "total_timeout"
    assert await asyncio.gather(*(wait(*each) for each in limits)) == ["in time", late, late, "in time", late]
    assert not Alarm.of(asyncio.get_running_loop()).waiting


async def test_an_alarm_that_is_set_serves_the_next_attempts_too() -> None:
    alarm = Alarm.of(asyncio.get_running_loop())
    set_for = set()
    for _ in range(3):
        deadlines = Deadlines(Timeouts(total=60.0))
        await deadlines.wait(asyncio.sleep(0.002))
        set_for.add(alarm.armed)
        deadlines.close()
    assert len(set_for) == 1 and not alarm.waiting
    soon = Deadlines(Timeouts(total=0.01))
    await soon.wait(asyncio.sleep(0))  # and then nobody waits
    assert alarm.armed < min(set_for)
    await asyncio.sleep(0.03)
    assert (alarm.armed, alarm.waiting) == (math.inf, set())


async def test_what_a_cancelled_wait_held_goes_without_the_garbage_collector() -> None:
    class Held:
        pass

    async def wait(begun: asyncio.Event, held: Held) -> None:
        async def for_ever() -> None:
            begun.set()
            await asyncio.Event().wait()

        await Deadlines(Timeouts()).wait(for_ever())

    begun, held = asyncio.Event(), Held()
    left = weakref.ref(held)
    task = asyncio.create_task(wait(begun, held))
    del held
    await begun.wait()
    gc.disable()
    try:
        task.cancel()
        await asyncio.wait([task])
        del task
        await asyncio.sleep(0)
        assert left() is None
    finally:
        gc.enable()


class Arrived(OneReply):
    def arrived(self) -> bytes | None:
        return b"".join(self.pieces)


async def test_a_body_that_is_here_already_is_had_at_once_and_needs_no_closing() -> None:
    reply, deadlines = Arrived(b"ab", b"c"), Deadlines(Timeouts())
    body = Body(reply, deadlines, 3)
    await deadlines.wait(asyncio.sleep(0))
    assert (body.arrived(), deadlines in Alarm.of(asyncio.get_running_loop()).waiting) == (b"abc", False)
    assert (body.arrived(), await body.next()) == (None, None)
    with pytest.raises(UpstreamFailed):
        Body(reply, Deadlines(Timeouts()), 2).arrived()


class PouredReply(OneReply):
    def chunks(self) -> AsyncIterator[bytes]:
        return Pourable(pieces_of(*self.pieces))


async def pieces_of(*pieces: bytes) -> AsyncGenerator[bytes]:
    for piece in pieces:
        yield piece
    await asyncio.sleep(60)


async def test_what_is_poured_is_within_the_limit_too() -> None:
    body = Body(PouredReply(b"123", b"45", b"6"), Deadlines(Timeouts()), 5)
    taken: list[bytes] = []

    def take(piece: bytes) -> bool:
        taken.append(piece)
        return True

    with pytest.raises(UpstreamFailed, match="larger than 5 bytes"):
        await body.pour(take)
    assert taken == [b"123", b"45"]


async def test_pouring_waits_no_longer_than_reading() -> None:
    body = Body(PouredReply(b"1"), Deadlines(Timeouts(total=0.02)), 5)
    with pytest.raises(UpstreamFailed, match=r"timeout\.total"):
        await body.pour(lambda piece: True)
    await body.aclose()


async def test_a_fault_of_who_takes_is_for_the_task_that_waits() -> None:
    body = Body(PouredReply(b"1", b"2"), Deadlines(Timeouts()), 5)

    def take(piece: bytes) -> bool:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await body.pour(take)
    assert await body.next() == b"2"


async def test_what_cannot_be_poured_is_left_for_reading() -> None:
    body = Body(OneReply(b"1"), Deadlines(Timeouts()), 5)
    await body.pour(lambda piece: pytest.fail("it is no connection"))
    assert await body.next() == b"1"
