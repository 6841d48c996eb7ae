"""Breakers as all workers share them: who may try a target that failed, and when."""

from typing import Any

import pytest

from engine.adapters.counters import LocalCounters
from engine.errors import ErrorClass, ErrorInfo
from engine.gateway.gate import CLOSES, OPENS, UNWELL, breaker_of, failed, is_open, recovered, way_to
from engine.gateway.outside import Outside
from engine.gateway.plan import Place, legs
from engine.routing.breaker import Breaker
from tests.gateway.playbook import EPOCH, Time, World, compiled
from tests.gateway.test_plan import request as request_of

SITE = """
providers:
  a: {dialect: plain, base_url: "https://a.test", breaker: {failures: 3, window: 10s, open: 5s}}
  b: {dialect: plain, base_url: "https://b.test", breaker: off}
  c: {dialect: plain, base_url: "https://c.test", health: {path: /ok}}
models:
  one: {targets: [a/m]}
  none: {targets: [b/m]}
  own: {targets: [a/m], breaker: {failures: 1}}
  off: {targets: [a/m], breaker: off}
  asked: {targets: [c/m]}
"""
DEAD = ErrorInfo(ErrorClass.UPSTREAM, "dead")


class Bench:
    """One machine: a time, counters, and a world for each worker."""

    def __init__(self) -> None:
        self.timeline = Time()
        self.world = World(self.timeline)
        world: Any = self.world
        counters = LocalCounters(now=self.world.now)
        self.outside = Outside(world, world, world, counters, world)
        self.snapshot = compiled(SITE)

    def place(self, model: str) -> Place:
        made = request_of(model)._replace(snapshot=self.snapshot)
        leg = next(legs(made))
        return Place(leg, leg.alias.targets[0], "m")

    def fail(self, place: Place, error: ErrorInfo = DEAD, *, tried: bool = False) -> None:
        failed(self.outside, place.label, place.provider.name, breaker_of(place), error, tried=tried)

    def opened(self, model: str = "one") -> Place:
        place = self.place(model)
        for _ in range(3):
            self.fail(place)
        return place


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_nothing_is_wrong_at_first(bench: Bench) -> None:
    assert way_to(bench.outside, bench.place("one")) == (None, None)


def test_so_many_failures_open_it_for_a_while(bench: Bench) -> None:
    place = bench.place("one")
    bench.fail(place)
    bench.fail(place)
    assert way_to(bench.outside, place).until is None
    bench.fail(place)
    assert way_to(bench.outside, place).until == EPOCH + 5
    assert bench.world.counted(OPENS, target="a/m") == 1
    assert ("warning", "breaker opened", {"target": "a/m", "seconds": 5.0}) in bench.world.lines


def test_failures_that_are_far_apart_do_not(bench: Bench) -> None:
    place = bench.place("one")
    for _ in range(10):
        bench.fail(place)
        bench.timeline.elapsed += 6
    assert not is_open(bench.outside, place)


@pytest.mark.parametrize(
    "kind", [kind for kind in ErrorClass if kind not in ("upstream", "overloaded", "timeout")]
)
def test_other_errors_do_not_count(bench: Bench, kind: ErrorClass) -> None:
    place = bench.place("one")
    for _ in range(9):
        bench.fail(place, ErrorInfo(kind, "no"))
    assert not is_open(bench.outside, place)


def test_half_open_one_at_a_time_tries(bench: Bench) -> None:
    place = bench.opened()
    bench.timeline.elapsed += 5
    probe = way_to(bench.outside, place).probe
    assert probe is not None
    assert [way_to(bench.outside, place).until for _ in range(3)] == [EPOCH + 5] * 3
    bench.outside.counters.end(probe)
    assert way_to(bench.outside, place).probe == probe


def test_a_trial_that_fails_opens_it_again(bench: Bench) -> None:
    place = bench.opened()
    bench.timeline.elapsed += 5
    bench.fail(place, tried=True)
    assert way_to(bench.outside, place).until == EPOCH + 10
    assert bench.world.counted(OPENS) == 1


def test_a_trial_that_succeeds_closes_it_and_the_past_is_forgotten(bench: Bench) -> None:
    place = bench.opened()
    bench.timeline.elapsed += 5
    recovered(bench.outside, place.label, "a", breaker_of(place))
    assert way_to(bench.outside, place) == (None, None)
    bench.fail(place)
    bench.fail(place)
    assert not is_open(bench.outside, place)
    assert bench.world.counted(CLOSES, target="a/m") == 1


def test_stragglers_do_not_lengthen_it(bench: Bench) -> None:
    place = bench.opened()
    bench.timeline.elapsed += 4
    bench.fail(place)
    assert way_to(bench.outside, place).until == EPOCH + 5


def test_it_may_be_off(bench: Bench) -> None:
    for _ in range(99):
        bench.fail(bench.place("none"))
        bench.fail(bench.place("off"))
    assert not is_open(bench.outside, bench.place("none"))
    assert not is_open(bench.outside, bench.place("one"))
    bench.opened()
    assert way_to(bench.outside, bench.place("off")) == (None, None)


def test_an_alias_has_the_last_word(bench: Bench) -> None:
    assert breaker_of(bench.place("own")) == Breaker(failures=1)
    bench.fail(bench.place("own"))
    assert is_open(bench.outside, bench.place("one"))


def test_a_provider_that_is_unwell_is_left_alone_until_the_mark_ends(bench: Bench) -> None:
    bench.outside.counters.mark(UNWELL, "c", EPOCH + 60)
    assert way_to(bench.outside, bench.place("asked")).until == EPOCH + 60
    bench.timeline.elapsed += 60
    assert way_to(bench.outside, bench.place("asked")) == (None, None)
