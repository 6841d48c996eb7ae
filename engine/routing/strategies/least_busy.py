"""The target with the fewest requests in flight."""

from collections.abc import Sequence
from math import inf
from typing import Any

from engine.registry import Example
from engine.routing.strategy import Moment, Strategy


def order(options: Sequence[Any], moment: Moment) -> Sequence[Any]:
    """Chance decides between those that are alike: it says where to begin to look."""
    first = int(moment.random() * len(options))
    load = {option.label: _load(moment.busy(option), option.weight) for option in options}
    return sorted([*options[first:], *options[:first]], key=lambda option: load[option.label])


def _load(busy: int, weight: float) -> float:
    """One more request counts too, so that a heavier target is preferred while nobody has anything to do."""
    return (busy + 1) / weight if weight > 0 else inf


SPEC = Strategy(
    name="least_busy",
    summary="Begin with the target that has the fewest requests in flight for its `weight`, on all workers.",
    order=order,
    examples=(
        Example("a:1 b:1 c:1", ["b", "c", "a"], {"random": 0.0, "busy": {"a": 3, "b": 0, "c": 1}}),
        Example("a:1 b:1", ["b", "a"], {"random": 0.6, "busy": {"a": 2, "b": 2}}),
        Example("a:4 b:1", ["a", "b"], {"random": 0.0, "busy": {"a": 2, "b": 0}}),
        Example("a:0 b:1", ["b", "a"], {"random": 0.0, "busy": {"a": 0, "b": 9}}),
    ),
)
