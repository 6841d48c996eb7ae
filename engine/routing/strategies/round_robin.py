"""Each target in its turn."""

from collections.abc import Sequence
from typing import Any

from engine.registry import Example
from engine.routing.strategy import Moment, Strategy


def order(options: Sequence[Any], moment: Moment) -> Sequence[Any]:
    first = moment.turn() % len(options)
    return [*options[first:], *options[:first]]


SPEC = Strategy(
    name="round_robin",
    summary="Begin with the next target, counted over all workers; those behind it stand in for it.",
    order=order,
    examples=(
        Example("a:1 b:1 c:1", ["a", "b", "c"], {"turn": 0}),
        Example("a:1 b:1 c:1", ["b", "c", "a"], {"turn": 1}),
        Example("a:1 b:1 c:1", ["a", "b", "c"], {"turn": 3}),
    ),
)
