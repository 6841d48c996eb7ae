from __future__ import annotations

from engine.events import Call
from engine.ports import Clock, Counters, Entropy, Reply, Secrets, Telemetry, Upstream
from engine.testing.world import (
    NOW,
    CountingIds,
    FixedClock,
    LocalCounters,
    NoSecrets,
    RecordingUpstream,
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


async def test_the_upstream_keeps_calls_and_repeats_its_answer() -> None:
    recording = RecordingUpstream(UpstreamAnswer(200, {"x": "y"}, (b"a", b"b")))
    upstream: Upstream = recording
    for _ in range(2):
        reply: Reply = await upstream.send(Call("POST", "https://a.test/", {}))
        assert (reply.status, [piece async for piece in reply.chunks()]) == (200, [b"a", b"b"])
        await reply.aclose()
    await upstream.aclose()
    assert len(recording.calls) == 2 and recording.answer.body == b"ab"


def test_counters() -> None:
    counters: Counters = LocalCounters()
    assert [counters.next("a"), counters.next("a"), counters.next("b")] == [0, 1, 0]
    counters.set_until("c", 5.0)
    counters.set_until("c", 3.0)
    assert (counters.until("c"), counters.until("d")) == (5.0, 0.0)


def test_nothing_comes_from_the_machine() -> None:
    secrets: Secrets = NoSecrets()
    telemetry: Telemetry = Silence()
    telemetry.count("x", {})
    telemetry.log("info", "x", {})
    assert (secrets.env("PATH"), secrets.file("/etc/passwd")) == (None, None)
