"""Any of them."""

from engine.credentials.strategy import Strategy, turned
from engine.registry import Example

SPEC = Strategy(
    name="random",
    summary="Any credential, whatever its weight; the others stand in, in the order written.",
    order=lambda ready: lambda draw: turned(ready, int(draw.random() * len(ready))),
    examples=(
        Example("a:1 b:9 c:1", ["a", "b", "c"], {"random": 0.2}),
        Example("a:1 b:9 c:1", ["c", "a", "b"], {"random": 0.9}),
    ),
)
