"""What a credential strategy is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.credentials.model import Credential
from engine.registry import Example


@dataclass(frozen=True, slots=True)
class Draw:
    """What a strategy may draw on. `turn()` counts the pool's requests: 0, 1, …; `random()` is in [0, 1)."""

    turn: Callable[[], int]
    random: Callable[[], float]
    every: int = 1


@dataclass(frozen=True, slots=True)
class Strategy:
    """`order(ready, draw)` gives all of `ready` (two or more), the one to use first, then its stand-ins.

    An example's text lists credentials as `id:weight`, `given` holds `turn`, `every`, `random`; its
    result is the ids in order.
    """

    name: str
    summary: str
    order: Callable[[Sequence[Credential], Draw], Sequence[Credential]]
    examples: tuple[Example, ...]


def turned(ready: Sequence[Credential], by: int) -> Sequence[Credential]:
    """`ready` as a ring, beginning `by` places on."""
    start = by % len(ready)
    return [*ready[start:], *ready[:start]]
