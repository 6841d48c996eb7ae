from __future__ import annotations

import pytest

from engine.server.usage_question import moment, question

NOW = 1_728_000_000.0 + 3600 * 13.5  # 2024-10-04 13:30 UTC
DAY = 86400


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7d", NOW - 7 * DAY),
        ("90m", NOW - 5400),
        ("today", 1_728_000_000),
        ("yesterday", 1_728_000_000 - DAY),
        ("all", 0),
        ("2024-10-04", 1_728_000_000),
        ("2024-10-04T02:00", 1_728_000_000 + 7200),
        ("2024-10-04T02:00+02:00", 1_728_000_000),
        ("2024-10-04T00:00:00Z", 1_728_000_000),
    ],
)
def test_moments(text: str, seconds: float) -> None:
    assert moment(text, NOW) == seconds


@pytest.mark.parametrize("text", ["soon", "7", "7x", "2024-13-01", "-1d", "1e9d"])
def test_what_is_no_moment(text: str) -> None:
    with pytest.raises(ValueError, match="is no time"):
        moment(text, NOW)


def test_a_question_of_little() -> None:
    asked = question({}, NOW)
    assert asked == {"by": ["day"], "since": 1_728_000_000 - 30 * DAY, "until": None, "where": {}}


def test_a_question_of_much() -> None:
    asked = question({"by": "client, model", "since": "1d", "until": "today", "client": "a,b"}, NOW)
    assert asked["by"] == ["client", "model"] and asked["where"] == {"client": ["a", "b"]}
    assert asked["until"] == 1_728_000_000
