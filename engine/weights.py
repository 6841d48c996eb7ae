"""Choice by weight, for targets and for credentials alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar


class Weighted(Protocol):
    @property
    def weight(self) -> float: ...


W = TypeVar("W", bound=Weighted)


def by_weight(items: Sequence[W], random: float) -> list[W]:
    """The first one drawn by weight (`random` in [0, 1)), the others behind it, heaviest first.

    A weight of 0 is never drawn while another is above 0, but stands in line.
    """
    rest = sorted(items, key=lambda item: -item.weight)
    mark = random * sum(max(item.weight, 0.0) for item in rest)
    for index, item in enumerate(rest):
        mark -= max(item.weight, 0.0)
        if mark < 0:
            return [rest.pop(index), *rest]
    return rest
