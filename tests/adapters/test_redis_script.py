from __future__ import annotations

import math

from engine.adapters.redis_script import Calls, kind_of, result_of
from engine.ports import AT_ONCE, Take

WINDOW, PLACE, SUM = Take("w", 9.0, 60.0, 2.0), Take("p", 3.0, AT_ONCE), Take("s", 5.0, 3600.0, 0.5, 7200.0)


def test_keys_are_in_one_slot_of_a_cluster_and_a_period_has_its_own() -> None:
    keys, args = Calls("here", "me", lambda: 5.0).take([WINDOW, PLACE, SUM])
    assert keys == ["{here}:w", "{here}:p", "{here}:s/7200"]
    assert args == [
        "take",
        "me",
        5.0,
        "w",
        9.0,
        60.0,
        2.0,
        60.0,
        "h",
        3.0,
        0.0,
        1.0,
        0.0,
        "s",
        5.0,
        3600.0,
        0.5,
        10800.0,
    ]


def test_calls() -> None:
    calls = Calls("here", "me")
    assert calls.settle([WINDOW], [-1.0], [4]) == (
        ["{here}:w"],
        ["settle", "me", "", "w", 4, 60.0, -1.0, 60.0],
    )
    assert calls.beat({PLACE: 2, SUM: -1}) == (["{here}:p", "{here}:s/7200"], ["beat", "me", "", 2, 0])
    keys, args = calls.mark("g", "n", math.inf)
    assert keys == ["{here}:marks"] and args == ["mark", "me", "", '["g","n"]', "inf", '["me","g","n","inf"]']
    assert "'{here}:'" in calls.script and "_HERE" not in calls.script


def test_kinds() -> None:
    assert [kind_of(take) for take in (WINDOW, PLACE, SUM)] == ["w", "h", "s"]


def test_results() -> None:
    assert result_of([-1, b"", [b"1.5"], [3]]) == (None, None, [1.5], [3])
    assert result_of([0, b"2.5", [b"9"], []]) == (0, 2.5, [9.0], [])
