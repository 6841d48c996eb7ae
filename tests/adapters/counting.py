"""Counters for the tests of all kinds, on a clock that only the test moves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.ports import Counters, Take, Taken

EPOCH = 1_700_000_000.0


@dataclass
class Time:
    now: float = EPOCH

    def __call__(self) -> float:
        return self.now


# Counters on a clock; made again they are those of another worker, if the kind is shared at all.
Maker = Callable[[Time], Counters]


async def had(counters: Counters, takes: Sequence[Take]) -> Taken:
    taken = await counters.take(takes)
    assert taken.refused is None
    return taken


async def tries(counters: Counters, times: int, *takes: Take) -> int:
    """How many of so many tries succeed."""
    return [(await counters.take(takes)).refused for _ in range(times)].count(None)
