"""The same one for the same caller."""

from collections.abc import Sequence

from engine.credentials.model import Credential
from engine.credentials.strategy import Order, Strategy
from engine.registry import Example
from engine.weights import rendezvous


def order(ready: Sequence[Credential]) -> Order:
    return lambda draw: iter(rendezvous(ready, lambda one: one.id, draw.asker()))


SPEC = Strategy(
    name="sticky",
    summary="The same credential for the same client or conversation, so that caches of the platform hit; "
    "callers are spread by `weight`. When a credential is off duty, only its own callers move.",
    order=order,
    asks=True,
    examples=(
        Example("a:1 b:1 c:1", ["c", "b", "a"], {"asker": "web"}),
        Example("a:1 b:1 c:1", ["c", "a", "b"], {"asker": "batch"}),
        Example("a:1 b:0", ["a", "b"], {"asker": "anyone"}),
    ),
)
