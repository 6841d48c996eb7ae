"""A share of the requests for each target."""

from engine.registry import Example
from engine.routing.strategy import Strategy
from engine.weights import by_weight

SPEC = Strategy(
    name="weighted",
    summary="Begin with a target drawn by `weight`; the others stand in for it, the heaviest first.",
    order=lambda options, moment: by_weight(options, moment.random()),
    examples=(
        Example("a:1 b:9", ["b", "a"], {"random": 0.5}),
        Example("a:1 b:9", ["a", "b"], {"random": 0.95}),
        Example("a:1 b:2 c:3", ["b", "c", "a"], {"random": 0.5}),
        Example("a:0 b:1", ["b", "a"], {"random": 0.99}),
    ),
)
