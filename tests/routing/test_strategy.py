"""A strategy is data: its examples travel with it."""

from typing import Any

from engine.registry import Example
from engine.routing.strategy import Strategy


def test_order_is_called_with_targets_and_the_moment() -> None:
    backwards = Strategy(
        "backwards", "The last first.", lambda t, moment: t[::-1], (Example("a:1 b:1", ["b", "a"]),)
    )
    nothing_known: Any = None
    assert backwards.order(["a", "b"], nothing_known) == ["b", "a"]
