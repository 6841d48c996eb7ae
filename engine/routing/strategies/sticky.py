"""The same target for whatever belongs together."""

from collections.abc import Sequence
from typing import Any

from engine.registry import Example
from engine.routing.affinity import by_affinity
from engine.routing.strategy import Moment, Strategy
from engine.weights import by_weight


def order(options: Sequence[Any], moment: Moment) -> Sequence[Any]:
    key = moment.key()
    return by_weight(options, moment.random()) if key is None else by_affinity(options, key)


SPEC = Strategy(
    name="sticky",
    summary=(
        "Begin with the same target for the same client, header or conversation (`by`), in shares by "
        "`weight`; when a target is lost only what was its own goes elsewhere. Without a key: drawn."
    ),
    order=order,
    examples=(
        Example("a:1 b:1 c:1", ["b", "a", "c"], {"key": "carol"}),
        Example("a:1 c:1", ["a", "c"], {"key": "carol"}),
        Example("a:1 b:9", ["b", "a"], {"random": 0.5}),
    ),
)
