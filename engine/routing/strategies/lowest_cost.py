"""The cheapest target."""

from collections.abc import Sequence
from math import inf
from typing import Any

from engine.registry import Example
from engine.routing.strategy import Moment, Strategy


def order(options: Sequence[Any], moment: Moment) -> Sequence[Any]:
    return sorted(options, key=lambda option: _cost(moment.cost(option)))


def _cost(dollars: float | None) -> float:
    """What nobody knows the price of is taken for the dearest."""
    return inf if dollars is None else dollars


SPEC = Strategy(
    name="lowest_cost",
    summary=(
        "Begin with the target where the request would cost least, by its price and an estimate of tokens; "
        "those of unknown price come last, the same price in the order written."
    ),
    order=order,
    examples=(
        Example("a:1 b:1 c:1", ["c", "b", "a"], {"cost": {"b": 0.02, "c": 0.01}}),
        Example("a:1 b:1 c:1", ["c", "a", "b"], {"cost": {"a": 0.02, "b": 0.02, "c": 0.0}}),
    ),
)
