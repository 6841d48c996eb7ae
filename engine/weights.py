"""Choice by weight, for targets and for credentials alike."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from itertools import accumulate, chain
from typing import Generic, Protocol, TypeVar


class Weighted(Protocol):
    @property
    def weight(self) -> float: ...


W = TypeVar("W", bound=Weighted)


class Lot(Generic[W]):
    """One item or more, to draw from again and again: they are sorted once, a draw is a binary search."""

    __slots__ = ("_ends", "_items")

    def __init__(self, items: Sequence[W]) -> None:
        self._items = sorted(items, key=lambda item: -item.weight)
        self._ends = list(accumulate(max(item.weight, 0.0) for item in self._items))

    def draw(self, random: float) -> Iterator[W]:
        """The first one drawn by weight (`random` in [0, 1)), the others behind it, heaviest first.

        A weight of 0 is never drawn while another is above 0, but stands in line.
        """
        drawn = bisect_right(self._ends, random * self._ends[-1]) % len(self._ends)
        others = chain(range(drawn), range(drawn + 1, len(self._items)))
        return map(self._items.__getitem__, chain((drawn,), others))


def by_weight(items: Sequence[W], random: float) -> list[W]:
    """`Lot.draw`, once."""
    return list(Lot(items).draw(random)) if items else []


def rendezvous(items: Sequence[W], name: Callable[[W], str], key: str) -> list[W]:
    """All items, the one that `key` belongs to first: always the same one, by its share of the weight.

    When an item goes, only the keys that belonged to it move, each to its own second.
    """
    return sorted(items, key=lambda item: _score(f"{key}\0{name(item)}", item.weight), reverse=True)


def _score(text: str, weight: float) -> float:
    if weight <= 0:
        return 0.0
    drawn = int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "big")
    return weight / -math.log((drawn + 0.5) / 2**64)
