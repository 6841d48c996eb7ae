"""Which processor core each process runs on, so that the load does not take time from what is measured."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

Cores = frozenset[int]
ANY: Cores = frozenset()


@dataclass(frozen=True, slots=True)
class Placement:
    """Empty: wherever the system puts it."""

    tested: Cores = ANY
    upstream: Cores = ANY
    load: Cores = ANY

    def __str__(self) -> str:
        if not self.tested:
            return "processes run on any core"
        rest = "share another" if self.upstream == self.load else "have another each"
        tested = "one core" if len(self.tested) == 1 else f"{len(self.tested)} cores"
        return f"what is measured runs on {tested}, the upstream and the load {rest}"


def placement(workers: int) -> Placement:
    """A core for each worker and one for the rest, two if there are; nothing is pinned on fewer cores."""
    return place(available(), workers)


def place(cores: list[int], workers: int) -> Placement:
    if len(cores) <= workers:
        return Placement()
    rest = cores[workers:]
    return Placement(frozenset(cores[:workers]), frozenset(rest[:1]), frozenset(rest[1:2] or rest[:1]))


def available() -> list[int]:
    """The cores that this process may use; none where processes cannot be pinned."""
    return sorted(os.sched_getaffinity(0)) if sys.platform == "linux" else []


@contextmanager
def pinned(cores: Cores) -> Iterator[None]:
    """What is started within runs on these cores: a process inherits them."""
    if not cores or sys.platform != "linux":
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
