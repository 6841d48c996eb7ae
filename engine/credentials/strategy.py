"""What a credential strategy is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from engine.credentials.model import Credential
from engine.registry import Example


def _unused(id_: str) -> float:
    return 0.0


def _nobody() -> str:
    return ""


class Draw(NamedTuple):
    """What a strategy may draw on. `turn()` counts the pool's requests: 0, 1, …; `random()` is in [0, 1).

    `used(id)`: how often a credential was used of late · `use(id)`: it is used now · `asker()`: who asks, the
    same text for the same client or conversation.
    """

    turn: Callable[[], int]
    random: Callable[[], float]
    every: int = 1
    used: Callable[[str], float] = _unused
    use: Callable[[str], object] = _unused
    asker: Callable[[], str] = _nobody


Order = Callable[[Draw], Iterator[Credential]]


@dataclass(frozen=True, slots=True)
class Strategy:
    """`order(ready)(draw)` gives all of `ready` (two or more; one, if it `asks`): the one to use first,
    then its stand-ins.

    `order(ready)` is kept for as long as the same are ready, and asked for each request: what grows with
    their number belongs there. The stand-ins are mostly not needed, so it pays to find them only when they
    are asked for. `asks`: it draws on more than turns and chance, which costs something.

    An example's text lists credentials as `id:weight`, `given` holds `turn`, `every`, `random`, `used` (by
    id), `asker`; its result is the ids in order.
    """

    name: str
    summary: str
    order: Callable[[Sequence[Credential]], Order]
    examples: tuple[Example, ...]
    asks: bool = False
    turns: bool = False


def turned(ready: Sequence[Credential], by: int) -> Iterator[Credential]:
    """`ready` as a ring, beginning `by` places on."""
    start = by % len(ready)
    return map(ready.__getitem__, range(start - len(ready), start))  # below zero it counts from the end
