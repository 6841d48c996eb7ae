"""A share of the requests for each credential."""

from engine.credentials.strategy import Strategy
from engine.registry import Example
from engine.weights import by_weight

SPEC = Strategy(
    name="weighted",
    summary="Draw by `weight`; the others stand in, the heaviest first.",
    order=lambda ready, draw: by_weight(ready, draw.random()),
    examples=(
        Example("a:1 b:3", ["b", "a"], {"random": 0.5}),
        Example("a:1 b:3", ["a", "b"], {"random": 0.8}),
    ),
)
