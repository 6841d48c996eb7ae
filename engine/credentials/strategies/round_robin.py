"""One after the other."""

from engine.credentials.strategy import Strategy, turned
from engine.registry import Example

SPEC = Strategy(
    name="round_robin",
    summary="The next credential for each request, in the order written, then over again.",
    order=lambda ready: lambda draw: turned(ready, draw.turn()),
    turns=True,
    examples=(
        Example("a:1 b:1 c:1", ["a", "b", "c"], {"turn": 0}),
        Example("a:1 b:1 c:1", ["b", "c", "a"], {"turn": 1}),
        Example("a:1 b:1 c:1", ["a", "b", "c"], {"turn": 3}),
    ),
)
