from __future__ import annotations

import mmap

import pytest

from engine.adapters.shared.layout import Area
from engine.adapters.shared.table import ENDS, PROBES, Table

AREA = Area(64, 32, 32)


def digest(place: int, number: int) -> bytes:
    return place.to_bytes(4, "little") + number.to_bytes(12, "little")


@pytest.fixture
def table() -> Table:
    return Table(mmap.mmap(-1, AREA.end), AREA)


def put(table: Table, key: bytes, ends: float, now: float = 0.0) -> int:
    at = table.claim(key, now)
    ENDS.pack_into(table.memory, at + 16, ends)
    return at


def test_keys_of_the_same_place_stand_one_after_the_other(table: Table) -> None:
    places = [put(table, digest(30, number), 10.0) for number in range(1, 5)]
    assert places == [64 + place * 32 for place in (30, 31, 0, 1)]
    assert [table.find(digest(30, number)) for number in range(1, 5)] == places
    assert table.find(digest(30, 9)) == 0
    assert sorted(table.all()) == sorted(places)


def test_a_slot_whose_time_is_over_is_used_again_and_is_empty(table: Table) -> None:
    first = put(table, digest(3, 1), 10.0)
    table.memory[first + 24 : first + 32] = b"12345678"
    second = put(table, digest(3, 2), 20.0)
    assert put(table, digest(3, 3), 30.0, now=10.0) == first
    assert table.memory[first + 24 : first + 32] == bytes(8)
    assert table.find(digest(3, 1)) == 0 and table.find(digest(3, 2)) == second


def test_when_all_are_taken_the_one_that_ends_first_gives_way(table: Table) -> None:
    places = [put(table, digest(0, number), 100.0 - number) for number in range(1, PROBES + 1)]
    assert put(table, digest(0, 99), 500.0) == places[-1]
    assert table.find(digest(0, PROBES)) == 0 and table.find(digest(0, 1)) == places[0]
