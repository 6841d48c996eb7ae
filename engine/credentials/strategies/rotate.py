"""One for a while, then the next."""

from engine.credentials.strategy import Strategy, turned
from engine.registry import Example

SPEC = Strategy(
    name="rotate",
    summary="Stay on a credential for `every` requests, then go on to the next; `every: 0`: on the first.",
    order=lambda ready: lambda draw: turned(ready, draw.turn() // draw.every if draw.every else 0),
    turns=True,
    examples=(
        Example("a:1 b:1", ["a", "b"], {"turn": 9, "every": 10}),
        Example("a:1 b:1", ["b", "a"], {"turn": 10, "every": 10}),
        Example("a:1 b:1", ["a", "b"], {"turn": 20, "every": 10}),
        Example("a:1 b:1", ["a", "b"], {"turn": 15, "every": 0}),
    ),
)
