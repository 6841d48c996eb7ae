"""What only counters in memory do; `contract/test_counters.py` has what all do."""

from __future__ import annotations

from engine.adapters.counters import LocalCounters
from engine.ports import Take
from tests.adapters.counting import Time, tries


def test_memory_is_bounded_and_the_oldest_give_way() -> None:
    counters = LocalCounters(limit=2)
    for key in "abc":
        counters.next(key)
        counters.mark(key, "x", 5.0)
    assert [dict(counters.marks(key)) for key in "abc"] == [{}, {"x": 5.0}, {"x": 5.0}]
    counters.mark("b", "y", 6.0)
    assert [dict(counters.marks(key)) for key in "bc"] == [{"x": 5.0, "y": 6.0}, {}]
    assert counters.next("c") == 1 and counters.next("a") == 0


def test_a_group_whose_marks_were_taken_away_gives_way_too() -> None:
    counters = LocalCounters(limit=1)
    counters.mark("a", "x", 5.0)
    counters.clear("a", "x")
    counters.mark("b", "x", 5.0)
    counters.mark("b", "y", 5.0)
    assert dict(counters.marks("b")) == {"y": 5.0}


async def test_windows_are_bounded() -> None:
    counters = LocalCounters(limit=2, now=Time())
    for key in "abc":
        await tries(counters, 1, Take(key, 1, 60.0))
    assert [await tries(counters, 1, Take(key, 1, 60.0)) for key in "cb"] == [0, 0]
    assert await tries(counters, 1, Take("a", 1, 60.0)) == 1
