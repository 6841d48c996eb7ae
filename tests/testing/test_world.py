from __future__ import annotations

from engine.ports import Clock, Entropy, Reply, Telemetry
from engine.testing.world import (
    NOW,
    CountingIds,
    FixedClock,
    RecordedReply,
    Silence,
    UpstreamAnswer,
)


async def test_time_stands_still_but_waiting_counts() -> None:
    clock: Clock = FixedClock()
    await clock.sleep(2.5)
    assert (clock.now(), clock.monotonic()) == (NOW, 2.5)


def test_ids_count_up_and_chance_is_fixed() -> None:
    ids: Entropy = CountingIds()
    assert [ids.uid("call_"), ids.uid("msg_"), ids.random()] == ["call_1", "msg_2", 0.0]


async def test_a_reply_gives_the_pieces_of_its_answer() -> None:
    answer = UpstreamAnswer(200, {"x": "y"}, (b"a", b"b"))
    reply: Reply = RecordedReply(answer.status, answer.headers, answer.pieces)
    assert (reply.status, [piece async for piece in reply.chunks()]) == (200, [b"a", b"b"])
    await reply.aclose()
    assert answer.body == b"ab"


def test_nothing_is_counted_or_logged() -> None:
    telemetry: Telemetry = Silence()
    telemetry.count("x", {})
    telemetry.log("info", "x", {})
