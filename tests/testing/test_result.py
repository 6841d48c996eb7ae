from __future__ import annotations

from engine.diagnostics import Position
from engine.testing.result import Failure, Result, diff


def test_a_result_passes_when_nothing_failed() -> None:
    at = Position("a.yaml")
    assert Result("n", "s", at).passed
    assert not Result("n", "s", at, (Failure(at, "m"),)).passed


def test_a_diff_shows_what_differs_and_not_the_order_of_keys() -> None:
    assert diff({"a": 1, "b": 2}, {"b": 2, "a": 1}) == ""
    lines = diff({"a": 1}, {"a": 2}).splitlines()
    assert lines[:2] == ["--- expected", "+++ actual"]
    assert '-  "a": 1' in lines and '+  "a": 2' in lines
