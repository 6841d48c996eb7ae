from __future__ import annotations

import os
import subprocess
import sys

import pytest

from engine.bench.cores import ANY, Placement, available, pinned, place, placement


@pytest.mark.parametrize(
    ("cores", "workers", "expected"),
    [
        ([], 1, Placement()),
        ([3], 1, Placement()),
        ([0, 1], 1, Placement(frozenset({0}), frozenset({1}), frozenset({1}))),
        ([0, 1, 2, 3], 1, Placement(frozenset({0}), frozenset({1}), frozenset({2}))),
        ([0, 1, 2], 2, Placement(frozenset({0, 1}), frozenset({2}), frozenset({2}))),
        ([0, 1], 2, Placement()),
    ],
)
def test_who_runs_where(cores: list[int], workers: int, expected: Placement) -> None:
    assert place(cores, workers) == expected


def test_it_says_so() -> None:
    assert "any core" in str(Placement())
    assert "share another" in str(place([0, 1], 1))
    assert "2 cores" in str(place([0, 1, 2, 3], 2)) and "another each" in str(place([0, 1, 2, 3], 2))
    assert placement(1) == place(available(), 1)


@pytest.mark.skipif(sys.platform != "linux", reason="processes cannot be pinned")
def test_what_is_started_within_is_pinned_and_we_are_not() -> None:
    before = os.sched_getaffinity(0)
    core = frozenset({min(before)})
    program = "import os; print(sorted(os.sched_getaffinity(0)))"
    with pinned(core):
        told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == str(sorted(core))
    assert os.sched_getaffinity(0) == before
    with pinned(ANY):
        assert os.sched_getaffinity(0) == before
