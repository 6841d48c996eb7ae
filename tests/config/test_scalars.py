from __future__ import annotations

import math

import pytest

from engine.config.scalars import resolve


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None), ("~", None), ("null", None), ("NULL", None),
        ("true", True), ("FALSE", False), ("yes", "yes"), ("on", "on"), ("off", "off"), ("n", "n"),
        ("12", 12), ("-7", -7), ("+7", 7), ("007", 7), ("0o17", 15), ("0x1F", 31), ("1_000", "1_000"),
        ("12:30", "12:30"), ("2024-01-01", "2024-01-01"), ("1.5", 1.5), (".5", 0.5), ("5.", 5.0),
        ("1e3", 1000.0), ("-1.5E-2", -0.015), ("1.2.3", "1.2.3"), ("e3", "e3"), ("-", "-"), ("+", "+"),
        (".", "."), (".inf", math.inf), ("-.INF", -math.inf), ("0b1", "0b1"), ("=x", "=x"),
    ],
)  # fmt: skip
def test_core_schema(text: str, value: object) -> None:
    found = resolve(text)
    assert found == value and type(found) is type(value)


def test_not_a_number() -> None:
    found = resolve(".nan")
    assert isinstance(found, float) and math.isnan(found)


def test_endless_digits_stay_text() -> None:
    assert resolve("9" * 5000) == "9" * 5000
