"""What an operator sees of targets and providers."""

from typing import Any

from engine.gateway.gate import UNWELL
from engine.gateway.standing import targets_data
from tests.gateway.playbook import EPOCH, Game, Json, Status, Stream, Wait

SITE = """
providers:
  a: {dialect: plain, base_url: "https://a.test", pool: pa, retry: off, breaker: {failures: 2, open: 10s}}
  b: {dialect: plain, base_url: "https://b.test", retry: off, health: {path: /up}}
pools:
  pa: {credentials: [{id: one, key: k1}, {id: two, key: k2}], on_error: {auth: {disable: true}}}
models:
  both: {targets: [a/m, b/m], mirror: {target: b/x, share: 0%}}
  fast: {strategy: lowest_latency, targets: [a/m, b/n]}
  busy: {strategy: least_busy, targets: [b/n]}
  "any/*": {targets: ["a/*"]}
"""
GOOD = Json({"text": "hi", "finish": "stop"})


def shown(game: Game) -> Any:
    return targets_data(game.snapshot, game.gateway.outside, game.gateway.experience)


def test_all_is_well() -> None:
    told = shown(Game(SITE))
    assert list(told["targets"]) == ["a/m", "b/m", "b/n", "b/x"]
    assert told["targets"]["a/m"] == {
        "provider": "a", "aliases": ["both", "fast"], "breaker": "closed", "tried_from": None, "failures": 0,
        "in_flight": None, "first_token": None, "whole_answer": None,
    }  # fmt: skip
    assert told["targets"]["b/n"]["in_flight"] == 0
    assert told["providers"] == {
        "a": {"off": None, "health": None, "resting": {}},
        "b": {"off": None, "health": "well", "resting": {}},
    }


def test_a_breaker() -> None:
    game = Game(SITE)
    game.ask("both", script=[Status(500), GOOD])
    assert shown(game)["targets"]["a/m"]["failures"] == 1
    game.ask("both", script=[Status(500), GOOD])
    target = shown(game)["targets"]["a/m"]
    assert (target["breaker"], target["tried_from"]) == ("open", EPOCH + 10)
    game.run(game.world.sleep(10))
    assert shown(game)["targets"]["a/m"]["breaker"] == "half_open"


def test_a_target_that_only_requests_know_is_told_of_in_trouble() -> None:
    game = Game(SITE)
    for _ in range(2):
        game.ask("any/thing", script=[Status(500)])
    assert shown(game)["targets"]["a/thing"]["aliases"] == []


def test_times() -> None:
    game = Game(SITE, chance=0.9)
    game.ask("fast", script=[Stream(Wait(2), {"text": "a"}, {"finish": "stop"})], stream=True)
    game.ask("fast", script=[Json({"text": "hi", "finish": "stop"}, before=3.0)])
    target = shown(game)["targets"]["a/m"]
    assert (target["first_token"], target["whole_answer"]) == (2.0, 3.0)


def test_providers() -> None:
    game = Game(SITE)
    game.ask("both", script=[Status(429, retry_after="30"), Status(401), GOOD])
    game.world.mark(UNWELL, "b", EPOCH + 9)
    told = shown(game)["providers"]
    assert told["a"]["resting"] == {"one": EPOCH + 30, "two": None}
    assert told["b"]["health"] == "unwell"
