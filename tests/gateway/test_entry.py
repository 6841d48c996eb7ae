"""Limits of providers and credentials: where a request goes instead, and what it waits for."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from engine.adapters.counters import LocalCounters
from engine.ports import Take, Taken
from tests.gateway.limited import TEXT, Limited
from tests.gateway.playbook import Game, Json, Status, Stream, Wait, inbound

TWO = """
providers:
  a: {dialect: plain, base_url: "https://a.test", key: ka, limits: {rpm: 2}}
  b: {dialect: plain, base_url: "https://b.test", key: kb}
models:
  m: {targets: [a/m1, b/m2]}
"""
KEYS = """
providers:
  a: {dialect: plain, base_url: "https://a.test", pool: p}
pools:
  p: {strategy: round_robin, credentials: [{id: one, key: k1, limits: {rpm: 1}}, {id: two, key: k2}]}
models:
  m: {targets: [a/m1]}
"""


def narrow(limits: str = "{concurrency: 1}", more: str = "") -> str:
    return f"""
providers:
  a: {{dialect: plain, base_url: "https://a.test", key: ka, limits: {limits}}}
models:
  m: {{targets: [a/m1]{more}}}
"""


def test_where_nothing_is_limited_no_counter_is_asked() -> None:
    class Untouched(LocalCounters):
        async def take(self, takes: Any) -> Taken:
            raise AssertionError("taken without a limit")

    game = Game(
        'providers: {a: {dialect: plain, base_url: "https://a.test", key: k}}\nmodels: {m: {targets: [a/m]}}\n'
    )
    object.__setattr__(game.gateway.outside, "counters", Untouched())
    assert game.ask("m", script=[Json(TEXT)]).status == 200


def test_the_next_target_when_a_provider_is_at_its_limit() -> None:
    game = Limited(TWO)
    assert game.tries(4, "m", Json(TEXT)) == [200] * 4
    assert game.sent == ["a ka m1", "a ka m1", "b kb m2", "b kb m2"]
    assert game.world.counted("proxyctl_limit_refusals_total", scope="provider", owner="a") == 2


def test_the_next_credential_when_one_is_at_its_limit() -> None:
    game = Limited(KEYS)
    assert game.tries(4, "m", Json(TEXT)) == [200] * 4
    assert game.sent == ["a k1 m1", "a k2 m1", "a k2 m1", "a k2 m1"]


def test_an_attempt_that_failed_gives_its_place_back_and_a_limit_is_no_failure() -> None:
    game = Limited(TWO.replace("{rpm: 2}", "{concurrency: 1, tpm: 1000}"))
    game.ask("m", script=[Status(500), Status(500), Status(500), Json(TEXT)])
    assert game.sent == ["a ka m1"] * 3 + ["b kb m2"]
    assert game.counters.busy("provider/a/concurrency") == 0
    assert game.counters.count("provider/a/tpm", 60.0, 0.0) == 0.0


def test_a_fallback_at_its_limit_is_left_out() -> None:
    game = Limited(
        narrow("{}", ", fallback: [tight, wide]")
        + "  tight: {targets: [a/m2], limits: {rpm: 1}}\n  wide: {targets: [a/m3]}\n"
    )
    for _ in range(2):
        game.ask("m", script=[Status(404), Json(TEXT)])
    assert game.sent == ["a ka m1", "a ka m2", "a ka m1", "a ka m3"]


def test_the_last_target_at_its_limit() -> None:
    game = Limited(narrow("{rpm: 1}"))
    assert game.tries(2, "m", Json(TEXT)) == [200, 429]
    refused = game.ask("m", script=[])
    assert (
        refused.error["message"]
        == "the limit of provider 'a', 1 request a minute, is reached; try again in 1m0s"
    )
    assert refused.headers["retry-after"] == "60" and game.elapsed == 0


def test_requests_wait_for_a_place_and_come_in_order() -> None:
    game = Limited(narrow())
    got = game.at_once(4, "m", *[Json(TEXT, before=1.0)] * 4)
    assert [each.status for each in got] == [200] * 4
    assert game.elapsed == pytest.approx(4.0, abs=0.3)
    assert game.counters.busy("provider/a/concurrency") == 0 and not game.gateway.outside.waiting.lines
    assert game.world.counted("proxyctl_limit_waits_total") == 3


def test_first_come_first_served() -> None:
    game = Limited(narrow())
    done: list[int] = []

    async def one(number: int) -> None:
        await asyncio.sleep(number / 100)
        await game.hear(inbound("m"))
        done.append(number)

    async def play() -> None:
        game.upstream.script = [Json(TEXT, before=0.5)] * 6
        await asyncio.gather(*(one(number) for number in (3, 1, 5, 0, 2, 4)))

    game.run(play())
    assert done == [0, 1, 2, 3, 4, 5]


def test_so_many_may_wait_and_the_others_are_refused_at_once() -> None:
    game = Limited(narrow("{concurrency: 1, queue: 2}"))
    got = game.at_once(5, "m", *[Json(TEXT, before=1.0)] * 3)
    assert sorted(each.status for each in got) == [200, 200, 200, 503, 503]
    refused = next(each for each in got if each.status == 503)
    assert refused.error["code"] == "no_place_free" and refused.headers["retry-after"] == "1"


def test_nobody_waits_longer_than_allowed() -> None:
    game = Limited(narrow("{concurrency: 1, wait: 2s}"))
    got = game.at_once(2, "m", Json(TEXT, before=5.0))
    assert sorted(each.status for each in got) == [200, 503]
    assert game.elapsed == pytest.approx(5.0)


def test_a_wait_for_requests_a_minute_if_it_is_short() -> None:
    game = Limited(narrow("{rpm: 1, wait: 61s}"))
    assert game.tries(2, "m", Json(TEXT)) == [200, 200]
    assert game.elapsed == pytest.approx(60.0, abs=0.1)


def test_whichever_place_is_free_first() -> None:
    game = Limited(
        TWO.replace("{rpm: 2}", "{concurrency: 1}").replace("key: kb", "key: kb, limits: {concurrency: 1}")
    )
    got = game.at_once(3, "m", Json(TEXT, before=9.0), Json(TEXT, before=1.0), Json(TEXT, before=1.0))
    assert [each.status for each in got] == [200] * 3
    assert game.sent == ["a ka m1", "b kb m2", "b kb m2"] and game.elapsed == pytest.approx(9.0)


def test_a_place_that_is_free_when_the_healthy_target_failed() -> None:
    """No request fails as long as a target is left, were it one that is full just now."""
    game = Limited(TWO.replace("{rpm: 2}", "{concurrency: 1}"))

    async def play() -> list[int]:
        game.upstream.script = [Json(TEXT, before=1.0), Status(404), Json(TEXT)]
        both = await asyncio.gather(game.hear(inbound("m")), game.hear(inbound("m")))
        return [each.status for each in both]

    assert game.run(play()) == [200, 200]
    assert game.sent == ["a ka m1", "b kb m2", "a ka m1"]


def test_who_leaves_while_it_waits_is_in_nobodys_way() -> None:
    game = Limited(narrow())

    async def play() -> int:
        game.upstream.script = [Json(TEXT, before=1.0), Json(TEXT)]
        first = asyncio.ensure_future(game.hear(inbound("m")))
        await asyncio.sleep(0.1)
        second = asyncio.ensure_future(game.hear(inbound("m")))
        await asyncio.sleep(0.1)
        third = asyncio.ensure_future(game.hear(inbound("m")))
        await asyncio.sleep(0.1)
        second.cancel()
        await first
        return (await third).status

    assert game.run(play()) == 200
    assert not game.gateway.outside.waiting.lines


def test_places_that_others_free_are_found() -> None:
    """Another worker gives nobody here a sign."""
    game = Limited(narrow())

    async def play() -> int:
        taken = await game.counters.take([Take("provider/a/concurrency", 1.0, 0.0)])
        asyncio.get_running_loop().call_later(1.0, game.counters.settle, taken, [1.0])
        game.upstream.script = [Json(TEXT)]
        return (await game.hear(inbound("m"))).status

    assert game.run(play()) == 200
    assert game.elapsed == pytest.approx(1.0, abs=0.1)


def test_a_stream_holds_its_place_until_its_end() -> None:
    game = Limited(narrow())
    got = game.at_once(2, "m", Stream(*[{"text": "a"}, Wait(3), TEXT]), Json(TEXT), stream=True)
    assert [each.status for each in got] == [200, 200]
    assert game.elapsed == pytest.approx(3.0, abs=0.1)
