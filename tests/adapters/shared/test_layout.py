from __future__ import annotations

from engine.adapters.shared.layout import (
    COLUMNS,
    HEADER,
    LOG,
    LOGGED,
    MARKS,
    NUMBERS,
    PLACES,
    SIZE,
    SUMS,
    USED,
    WINDOWS,
)


def test_areas_follow_each_other_and_hold_powers_of_two() -> None:
    areas = [NUMBERS, SUMS, WINDOWS, PLACES, MARKS]
    assert [area.at for area in areas] == [HEADER, *(area.end for area in areas[:-1])]
    assert MARKS.end == SIZE < 12 * 2**20
    assert all(area.slots & (area.slots - 1) == 0 for area in areas)


def test_the_header_has_room() -> None:
    assert LOG + 2 * LOGGED <= USED and USED + COLUMNS <= HEADER
