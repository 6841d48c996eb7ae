"""Usage as text."""

from __future__ import annotations

import io
from typing import Any

import pytest

from engine.cli import usage_view as view
from engine.cli.console import Console

NOTHING = dict.fromkeys(view.SUMS) | {"requests": 0, "failed": 0, "unpriced": 0}
AT = 1_728_000_000.0 + 3600  # 2024-10-04 01:00


def row(**told: Any) -> dict[str, Any]:
    return {**NOTHING, **told}


def asked(by: str, *rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"by": by.split(","), "until": None, "rows": rows, "total": row(requests=9, cost=1.0), **more}


def lines(told: dict[str, Any], measure: str = "", width: int = 40) -> list[str]:
    out = io.StringIO()
    if measure:
        view.plot(told, measure, Console(out), width, AT)
    else:
        view.table(told, Console(out))
    return out.getvalue().splitlines()


@pytest.mark.parametrize(
    ("told", "text"),
    [
        ({"requests": 3, "cost": 1.23456}, "$1.2346"),
        ({"requests": 3, "cost": 1234.5}, "$1,234.50"),
        ({"requests": 3, "cost": 0.0}, "$0"),
        ({"requests": 3, "cost": 0.5, "unpriced": 2}, "$0.5000 + 2 unknown"),
        ({"requests": 3, "cost": None, "unpriced": 3}, "unknown"),
        ({"requests": 0, "cost": None}, "$0"),
    ],
)
def test_what_it_cost_and_what_nobody_knows(told: dict[str, Any], text: str) -> None:
    assert view.dollars(row(**told)) == text


def test_a_table_has_its_numbers_below_each_other_and_a_total() -> None:
    told = asked(
        "client",
        row(client="web", requests=12345, prompt=10, cost=2.5, ms=12.4),
        row(client=None, requests=1, failed=1, cost=None, unpriced=1),
    )
    assert lines(told) == [
        "CLIENT  REQUESTS  FAILED  PROMPT  CACHED  OUTPUT  FIRST BYTE  WHOLE     COST",
        "web       12,345       0      10       -       -           -  12 ms  $2.5000",
        "-              1       1       -       -       -           -      -  unknown",
        "total          9       0       -       -       -           -      -  $1.0000",
    ]


def test_one_row_needs_no_total() -> None:
    assert len(lines(asked("client,model", row(client="web", model="m", requests=1, cost=0.0)))) == 2


def test_csv_has_numbers_as_they_are_and_no_formulas() -> None:
    told = asked("client", row(client='=cmd|"x"', requests=1, cost=0.1), row(client="a,b", cost=None))
    assert view.as_csv(told).splitlines()[1:] == [
        '"\'=cmd|""x""",1,0,,,,,,,,0.1,0,,',
        '"a,b",0,0,,,,,,,,,0,,',
    ]


@pytest.mark.parametrize(("length", "text"), [(0, ""), (0.1, "▏"), (0.5, "▌"), (2, "██"), (2.99, "███")])
def test_bars_are_exact_to_an_eighth(length: float, text: str) -> None:
    assert view.bar(length) == text


def test_the_longest_bar_fills_the_line() -> None:
    told = asked("model", row(model="large", requests=4), row(model="s", requests=1))
    assert lines(told, "requests") == ["large  " + "█" * 31 + " 4", "s      " + "█" * 7 + "▊" + " 1"]
    assert max(map(len, lines(told, "requests"))) == 40


def test_days_have_no_gaps() -> None:
    told = asked("day", row(day="2024-10-01", requests=2, prompt=4, output=4))
    shown = lines(told, "tokens")
    assert [line.split()[0] for line in shown] == [f"2024-10-0{day}" for day in (1, 2, 3, 4)]
    assert shown[0].endswith(" 8") and shown[1].split() == ["2024-10-02", "0"]
    assert len(lines({**told, "until": AT - 86400}, "tokens")) == 3


def test_hours_of_years_are_not_filled_up() -> None:
    told = asked("hour", row(hour="2020-10-01 00:00", requests=2), row(hour="2024-10-01 00:00", requests=2))
    assert len(lines(told, "requests")) == 2


def test_every_measure_can_be_plotted() -> None:
    told = asked("model", row(model="m", requests=1, cost=None, unpriced=1, ms=3.0))
    assert {measure: lines(told, measure)[0].split()[-1] for measure in view.MEASURES} == {
        "cost": "unknown", "requests": "1", "tokens": "0", "failed": "0", "ms": "ms",
    }  # fmt: skip
