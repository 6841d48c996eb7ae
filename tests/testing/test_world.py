from __future__ import annotations

from engine.config.site import SiteFiles
from engine.ports import Clock, Entropy, Reply, Telemetry
from engine.snapshot.compile import compile_site
from engine.testing.world import (
    CREDENTIAL_KEY,
    NOW,
    CountingIds,
    FixedClock,
    RecordedReply,
    Silence,
    UpstreamAnswer,
    stand_ins,
)
from tests.gateway.playbook import Environment

SITE = """
version: 1
providers:
  up: {dialect: openai, base_url: "https://up.test", pool: later}
  other: {dialect: openai, base_url: "https://up.test", pool: now}
pools: {later: {credentials: [{directory: creds}]}, now: {credentials: [{key: a-key}]}}
models: {m: {targets: [up/m, other/m]}}
"""


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
    telemetry.counter("x", {}).add()
    telemetry.log("info", "x", telemetry.bound({}), {})


def test_a_pool_that_is_filled_at_run_time_has_a_stand_in() -> None:
    files = {"routes.d/a.yaml": SITE.encode()}
    snapshot = compile_site(SiteFiles(files), Environment({})).snapshot
    assert snapshot is not None
    vault = stand_ins(snapshot)
    assert {name: [one.key for one in found.credentials] for name, found in vault.found.items()} == {
        "later": [CREDENTIAL_KEY]
    }
