"""A strategy is data: its examples travel with it."""

from engine.registry import Example
from engine.routing.strategy import Strategy


def test_order_is_called_with_targets_and_chance() -> None:
    backwards = Strategy(
        "backwards", "The last first.", lambda t, random: t[::-1], (Example("a:1 b:1", ["b", "a"]),)
    )
    assert backwards.order(["a", "b"], lambda: 0.0) == ["b", "a"]
