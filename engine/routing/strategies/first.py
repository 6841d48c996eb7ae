"""The order in which the targets are written."""

from engine.registry import Example
from engine.routing.strategy import Strategy

SPEC = Strategy(
    name="first",
    summary="Begin with the first target; the others stand in for it, in the order written.",
    order=lambda options, moment: options,
    examples=(Example("a:1 b:9", ["a", "b"], {"random": 0.9}),),
)
