"""Who is next when somebody said so at run time: one that was selected, or the one that is stayed on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.credentials.model import Credential, Steering
from engine.credentials.strategy import Draw, Order, turned


def steered(
    order: Order, steering: Steering, credentials: Sequence[Credential], ready: Sequence[Credential]
) -> Order:
    """The order in which `ready`, of all `credentials`, are used. One that is selected takes no turn."""
    if not steering.rotation:
        order = _staying(steering.held, credentials, ready)
    chosen = next((one for one in ready if one.id == steering.selected), None)
    return order if chosen is None else _first(chosen, order)


def _staying(held: str | None, credentials: Sequence[Credential], ready: Sequence[Credential]) -> Order:
    """From the one that is held on, in the order of the pool."""
    by = next((index for index, one in enumerate(credentials) if one.id == held), 0)
    usable = {one.id for one in ready}
    ring = tuple(one for one in turned(credentials, by) if one.id in usable) if credentials else ()
    return lambda draw: iter(ring)


def _first(chosen: Credential, order: Order) -> Order:
    def draw_from(draw: Draw) -> Iterator[Credential]:
        yield chosen
        yield from (one for one in order(draw) if one is not chosen)

    return draw_from
