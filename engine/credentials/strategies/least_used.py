"""The one that was used least of late."""

from collections.abc import Iterator, Sequence

from engine.credentials.model import Credential
from engine.credentials.strategy import Draw, Order, Strategy
from engine.registry import Example


def order(ready: Sequence[Credential]) -> Order:
    def draw_from(draw: Draw) -> Iterator[Credential]:
        for credential in sorted(ready, key=lambda one: draw.used(one.id) / (one.weight or 1.0)):
            draw.use(credential.id)
            yield credential

    return draw_from


SPEC = Strategy(
    name="least_used",
    summary="The credential with the fewest requests in the last ten minutes, each counted in proportion to "
    "its `weight`; of equals, the one written first. One that comes back from a rest catches up.",
    order=order,
    asks=True,
    examples=(
        Example("a:1 b:1 c:1", ["b", "c", "a"], {"used": {"a": 3, "b": 1, "c": 2}}),
        Example("a:3 b:1", ["a", "b"], {"used": {"a": 4, "b": 2}}),
        Example("a:1 b:1", ["a", "b"], {"used": {"a": 2, "b": 2}}),
    ),
)
