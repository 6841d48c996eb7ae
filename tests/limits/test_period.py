from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest

from engine.limits.period import period


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("per", "now", "begin", "end"),
    [
        ("hour", "2026-11-27T07:59:59", "2026-11-27T07:00", "2026-11-27T08:00"),
        ("day", "2026-11-27T23:59", "2026-11-27", "2026-11-28"),
        ("week", "2026-11-27", "2026-11-23", "2026-11-30"),
        ("week", "2026-11-29T23:59", "2026-11-23", "2026-11-30"),
        ("week", "2026-11-30", "2026-11-30", "2026-12-07"),
        ("month", "2026-12-31T23:59", "2026-12-01", "2027-01-01"),
        ("month", "2028-02-29T12:00", "2028-02-01", "2028-03-01"),
    ],
)
def test_periods_follow_the_calendar(per: str, now: str, begin: str, end: str) -> None:
    since, seconds = period(per, at(now))
    assert (since, since + seconds) == (at(begin), at(end))


def test_a_total_never_ends() -> None:
    assert period("total", at("2026-11-27")) == (0.0, math.inf)
