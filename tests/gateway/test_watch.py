"""Dialogues about breakers: which target is left alone, who tries it again, and what a stream adds."""

import asyncio
from typing import Any

import pytest

from engine.errors import ErrorClass
from engine.gateway.gate import OPENS
from engine.gateway.moment import busy_key
from engine.routing.breaker import MARKS, probe_key
from tests.gateway.playbook import Break, Game, Heard, Json, Line, Refuses, Status, Stream, Wait, inbound

SITE = """
providers:
  a: {dialect: plain, base_url: "https://a.test", retry: off, breaker: {failures: 2, window: 60s, open: 10s}}
  b: {dialect: plain, base_url: "https://b.test", retry: off}
  k: {dialect: plain, base_url: "https://k.test", pool: pk, retry: off, breaker: {failures: 1, open: 10s}}
pools:
  pk: {credentials: [{id: one, key: k1}]}
models:
  both: {targets: [a/m, b/m]}
  only: {targets: [a/m]}
  again: {targets: [a/m], retry: {attempts: 3}}
  wide: {targets: [a/m], fallback: [far]}
  far: {targets: [b/far]}
  keyed: {targets: [k/m, b/m]}
  even: {strategy: least_busy, targets: [a/m, b/m]}
"""
GOOD = Json({"text": "hi", "finish": "stop"})


def hosts(game: Game) -> list[str]:
    return [call.split()[0] for call in game.sent]


def broken(model: str = "both") -> Game:
    """A game whose target `a` has just been given up."""
    game = Game(SITE)
    for _ in range(2):
        game.ask(model, script=[Status(500), GOOD] if model != "only" else [Status(500)])
    game.upstream.calls.clear()
    return game


def test_a_target_that_fails_again_and_again_is_left_alone() -> None:
    game = broken()
    for _ in range(3):
        game.ask("both", script=[GOOD])
    assert hosts(game) == ["b"] * 3
    assert game.world.counted(OPENS, provider="a", target="a/m") == 1


def test_other_targets_of_the_provider_are_not() -> None:
    game = broken()
    game.snapshot = Game(SITE.replace("both: {targets: [a/m,", "both: {targets: [a/n,")).snapshot
    game.ask("both", script=[GOOD])
    assert hosts(game) == ["a"]


def test_after_a_while_it_is_tried_and_closed_by_a_success() -> None:
    game = broken()
    game.run(game.world.sleep(10))
    for _ in range(3):
        game.ask("both", script=[GOOD])
    assert hosts(game) == ["a"] * 3
    assert game.world.marks(MARKS) == {}


def test_a_trial_that_fails_costs_one_request_no_more() -> None:
    game = broken()
    game.run(game.world.sleep(10))
    game.ask("both", script=[Status(500), GOOD])
    game.ask("both", script=[GOOD])
    assert hosts(game) == ["a", "b", "b"]


@pytest.mark.parametrize("answer", [Status(429), Status(401), Status(400, {"message": "bad"}), Status(404)])
def test_an_upstream_that_refuses_is_there(answer: Line) -> None:
    game = broken()
    game.run(game.world.sleep(10))
    script = [answer] if answer == Status(400, {"message": "bad"}) else [answer, GOOD]
    game.ask("both", script=script)
    assert game.world.marks(MARKS) == {}
    assert game.world.busy(probe_key("a/m")) == 0


def test_one_request_at_a_time_is_the_trial() -> None:
    game = broken()
    slow = Json({"text": "slow", "finish": "stop"}, before=5.0)

    async def crowd() -> list[Heard]:
        await asyncio.sleep(10)
        game.upstream.script = [slow, GOOD, GOOD]
        return list(await asyncio.gather(*(game.hear(inbound("both")) for _ in range(3))))

    heard = game.run(crowd())
    assert hosts(game) == ["a", "b", "b"]
    assert [one.text for one in heard] == ["slow", "hi", "hi"]
    assert game.world.busy(probe_key("a/m")) == 0


def test_a_trial_whose_client_leaves_gives_the_place_back() -> None:
    game = broken()

    async def leave() -> None:
        await asyncio.sleep(10)
        game.upstream.script = [Json({}, before=99.0)]
        asking = asyncio.ensure_future(game.hear(inbound("both")))
        await asyncio.sleep(1)
        assert game.world.busy(probe_key("a/m")) == 1
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)

    game.run(leave())
    assert game.world.busy(probe_key("a/m")) == 0
    game.ask("both", script=[GOOD])
    assert hosts(game) == ["a", "a"]


def test_a_trial_without_a_key_is_none() -> None:
    game = Game(SITE)
    game.ask("keyed", script=[Status(500), GOOD])
    game.world.mark("rest/pk", "one", game.world.now() + 100)
    game.run(game.world.sleep(10))
    game.ask("keyed", script=[GOOD])
    assert hosts(game) == ["k", "b", "b"]
    assert game.world.busy(probe_key("k/m")) == 0


def test_the_last_resort_is_better_than_sure_failure() -> None:
    game = broken("only")
    assert game.ask("only", script=[GOOD]).text == "hi"
    assert game.world.marks(MARKS) == {}, "and its success is news"


def test_of_all_that_are_left_alone_the_one_nearest_its_end_is_tried() -> None:
    game = broken()
    game.run(game.world.sleep(1))
    for _ in range(5):
        game.ask("both", script=[Status(500), Status(500)])
    game.upstream.calls.clear()
    heard = game.ask("both", script=[Status(500), Status(500)])
    assert heard.status == 502
    assert hosts(game) == ["a", "b"], "a was given up first"


def test_a_fallback_comes_before_the_last_resort() -> None:
    game = broken("only")
    game.ask("wide", script=[GOOD])
    assert game.sent == ["b - far"]


def test_a_lone_target_is_repeated_within_its_budget_even_so() -> None:
    game = broken("only")
    game.ask("again", script=[Status(500), Status(500), GOOD])
    assert hosts(game) == ["a"] * 3


def test_with_another_target_left_nothing_is_repeated() -> None:
    site = SITE.replace('"https://a.test", retry: off', '"https://a.test"')
    game = Game(site)
    game.ask("both", script=[Status(500), Status(500), GOOD])
    assert hosts(game) == ["a", "a", "b"], "the second failure gave it up"


@pytest.mark.parametrize(
    "failure", [Refuses(), Refuses(ErrorClass.TIMEOUT), Status(503), Stream(Break()), Json([1])]
)
def test_all_ways_to_be_in_trouble_count(failure: Line) -> None:
    game = Game(SITE)
    for _ in range(2):
        game.ask("both", script=[failure, GOOD])
    game.upstream.calls.clear()
    game.ask("both", script=[GOOD])
    assert hosts(game) == ["b"]


def test_a_stream_that_breaks_counts_too() -> None:
    game = Game(SITE)
    for _ in range(2):
        assert game.ask("both", script=[Stream({"text": "a"}, Break())], stream=True).error
    game.ask("both", script=[GOOD])
    assert hosts(game) == ["a", "a", "b"]


def test_streams_that_end_well_or_are_left_do_not() -> None:
    game = Game(SITE)
    for _ in range(3):
        game.ask("both", script=[Stream({"text": "a"}, {"finish": "stop"})], stream=True)

    async def leave() -> None:
        answer = await game.open("both", [Stream({"text": "a"}, Wait(9))], stream=True)
        assert not isinstance(answer.body, bytes)
        await anext(answer.body)
        await answer.aclose()

    game.run(leave())
    game.run(leave())
    assert game.world.failures == {}


def test_what_is_in_flight_is_counted_to_the_end_of_the_stream() -> None:
    game = Game(SITE)
    seen: list[int] = []

    async def read() -> None:
        answer = await game.open("even", [Stream({"text": "a"}, Wait(9), {"finish": "stop"})], stream=True)
        assert not isinstance(answer.body, bytes)
        async for _ in answer.body:
            seen.append(game.world.busy(busy_key("a/m")))
        await answer.aclose()

    game.run(read())
    assert seen == [1, 0]  # its last bytes are given when it has ended
    assert game.world.busy(busy_key("a/m")) == 0


@pytest.mark.parametrize("script", [[GOOD], [Status(400, {"message": "bad"})], [Status(500), GOOD]])
def test_whatever_comes_what_was_in_flight_is_given_back(script: list[Line]) -> None:
    game = Game(SITE)
    game.ask("even", script=script)
    assert set(game.world.in_flight.values()) == {0}


def test_nothing_is_counted_that_nobody_asks_for() -> None:
    game = Game(SITE.replace("least_busy", "first"))
    seen: list[Any] = []
    game.world.begin = seen.append  # type: ignore[method-assign]
    game.ask("both", script=[GOOD])
    assert seen == []
