from __future__ import annotations

from engine.adapters.counters import LocalCounters


def test_next_counts_each_key_from_zero() -> None:
    counters = LocalCounters()
    assert [counters.next("a"), counters.next("a"), counters.next("b")] == [0, 1, 0]


def test_a_later_mark_wins() -> None:
    counters = LocalCounters()
    assert counters.until("k") == 0.0
    counters.set_until("k", 20.0)
    counters.set_until("k", 10.0)
    assert counters.until("k") == 20.0


def test_memory_is_bounded_and_the_oldest_give_way() -> None:
    counters = LocalCounters(limit=2)
    for key in "abc":
        counters.next(key)
        counters.set_until(key, 5.0)
    assert [counters.until(key) for key in "abc"] == [0.0, 5.0, 5.0]
    assert counters.next("c") == 1 and counters.next("a") == 0
