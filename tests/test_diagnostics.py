from __future__ import annotations

from engine.diagnostics import (
    Diagnostic,
    Position,
    Problems,
    Related,
    Severity,
    from_data,
    in_order,
    to_data,
)

AT = Position("a.yaml", 2, 3)


def test_a_position_reads_as_editors_write_it() -> None:
    assert str(AT) == "a.yaml:2:3"
    assert str(Position("a.yaml")) == "a.yaml:1:1"


def test_problems_are_collected() -> None:
    problems = Problems()
    problems.warning(AT, "w", "careful")
    assert not problems.has_errors
    problems.error(AT, "e", "no", hint="so", path="a.b", related=(Related(AT, "there"),), secret=True)
    assert problems.has_errors
    assert problems.items[1] == Diagnostic(
        AT, "e", "no", "so", "a.b", Severity.ERROR, (Related(AT, "there"),), True
    )
    problems.extend([Diagnostic(AT, "x", "y")])
    assert [item.code for item in problems.items] == ["w", "e", "x"]


def test_in_order_of_place_without_repetitions_errors_first() -> None:
    late = Diagnostic(Position("b.yaml", 1), "c", "m")
    warning = Diagnostic(AT, "a", "m", severity=Severity.WARNING)
    error = Diagnostic(AT, "z", "m")
    first = Diagnostic(Position("a.yaml", 1, 9), "c", "m")
    assert in_order([late, warning, error, first, error]) == [first, error, warning, late]


def test_data_and_back() -> None:
    item = Diagnostic(AT, "c", "m", "h", "p", Severity.WARNING, (Related(Position("b.yaml", 5), "there"),))
    assert from_data(to_data(item)) == item
