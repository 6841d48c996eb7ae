"""A share of the requests for each credential."""

from collections.abc import Sequence

from engine.credentials.model import Credential
from engine.credentials.strategy import Order, Strategy
from engine.registry import Example
from engine.weights import Lot


def order(ready: Sequence[Credential]) -> Order:
    lot = Lot(ready)
    return lambda draw: lot.draw(draw.random())


SPEC = Strategy(
    name="weighted",
    summary="Draw by `weight`; the others stand in, the heaviest first.",
    order=order,
    examples=(
        Example("a:1 b:3", ["b", "a"], {"random": 0.5}),
        Example("a:1 b:3", ["a", "b"], {"random": 0.8}),
    ),
)
