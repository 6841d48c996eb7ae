"""Shares follow the weights; nobody is lost."""

from dataclasses import dataclass

import pytest

from engine.weights import Lot, by_weight, rendezvous


@dataclass(frozen=True)
class Thing:
    name: str
    weight: float


def names(random: float, **weights: float) -> str:
    return "".join(thing.name for thing in by_weight([Thing(n, w) for n, w in weights.items()], random))


@pytest.mark.parametrize(("random", "order"), [(0.0, "cba"), (0.49, "cba"), (0.5, "bca"), (0.84, "acb")])
def test_first_is_drawn_the_rest_stand_by_weight(random: float, order: str) -> None:
    assert names(random, a=1, b=2, c=3) == order


def test_zero_weights() -> None:
    assert names(0.999999, a=0, b=1) == "ba"
    assert names(0.5, a=0, b=0) == "ab"
    assert names(0.5) == ""


@pytest.mark.parametrize("weights", [(3, 1, 2), (0, 0, 5), (0.1, 0.2, 0.7), (-1, 1, 1)])
def test_a_lot_that_is_drawn_again_and_again_gives_each_its_share_and_forgets_nobody(
    weights: tuple[float, ...],
) -> None:
    things = [Thing(name, weight) for name, weight in zip("abc", weights, strict=True)]
    lot, draws = Lot(things), 1000
    drawn = [list(lot.draw(number / draws)) for number in range(draws)]
    assert all(sorted(thing.name for thing in order) == ["a", "b", "c"] for order in drawn)
    total = sum(max(weight, 0) for weight in weights)
    for thing in things:
        share = sum(order[0] is thing for order in drawn) / draws
        assert abs(share - max(thing.weight, 0) / total) < 0.002


def test_a_rendezvous_is_kept_and_spread_by_weight() -> None:
    things = [Thing("a", 1), Thing("b", 3), Thing("c", 0)]
    firsts = {key: rendezvous(things, lambda one: one.name, key)[0].name for key in map(str, range(2000))}
    shares = {name: sum(first == name for first in firsts.values()) for name in "abc"}
    assert shares["c"] == 0
    assert 0.7 < shares["b"] / 2000 < 0.8
    left = [thing for thing in things if thing.name != "a"]
    moved = [key for key in firsts if rendezvous(left, lambda one: one.name, key)[0].name != firsts[key]]
    assert {firsts[key] for key in moved} == {"a"}
