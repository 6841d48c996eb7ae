"""Shares follow the weights; nobody is lost."""

from dataclasses import dataclass

import pytest

from engine.weights import by_weight


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
