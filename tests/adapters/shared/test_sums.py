from __future__ import annotations

import mmap

from engine.adapters.shared.layout import SUMS
from engine.adapters.shared.sums import Sums
from engine.ports import Take


def add(sums: Sums, at: int, take: Take, now: float) -> None:
    sums.add(at, take, now, sums.look(at, take, now)[1])


def test_a_period_that_is_over_takes_nothing_any_more() -> None:
    sums = Sums(mmap.mmap(-1, SUMS.end), SUMS)
    at = sums.claim(b"k" * 16, 1000.0)
    before, after = Take("k", 5.0, 100.0, 2.0, since=1000.0), Take("k", 5.0, 100.0, 1.5, since=1100.0)
    add(sums, at, before, 1010.0)
    add(sums, at, before, 1020.0)
    sums.settle(at, before, 1030.0, 0, -0.5)
    assert (sums.look(at, before, 1040.0)[0], sums.look(at, after, 1100.0)[0]) == (3.5, 0.0)
    assert sums.wait(at, before, 1040.0, 3.5) == 60.0
    add(sums, at, after, 1110.0)
    sums.settle(at, before, 1120.0, 0, 9.0)
    assert sums.look(at, after, 1130.0)[0] == 1.5


def test_its_slot_is_free_when_the_period_is_over() -> None:
    sums = Sums(mmap.mmap(-1, SUMS.end), SUMS)
    at = sums.claim(b"a" * 16, 1000.0)
    add(sums, at, Take("k", 5.0, 100.0, 2.0, since=1000.0), 1010.0)
    assert sums.claim(b"aaaab" + b"b" * 11, 1099.0) != at
    assert sums.claim(b"aaaac" + b"c" * 11, 1100.0) == at
