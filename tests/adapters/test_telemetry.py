from __future__ import annotations

import json

import pytest

from engine.adapters.telemetry import SystemTelemetry


class Unprintable:
    def __str__(self) -> str:
        raise AssertionError("formatted although nobody reads it")


def lines_of(level: str = "info", format: str = "text") -> tuple[SystemTelemetry, list[str]]:
    lines: list[str] = []
    return SystemTelemetry(level, format, lines.append, lambda: 1.5), lines


def test_a_text_line() -> None:
    telemetry, lines = lines_of()
    fields = {
        "generation": "abc",
        "ms": 12.3456789,
        "n": 2,
        "none": None,
        "message": "two words",
        "empty": "",
        "a": [1],
    }
    telemetry.log("info", "reload.accepted", fields)
    assert lines == [
        "1970-01-01T00:00:01.500Z info    reload.accepted generation=abc ms=12.3457 n=2 "
        'message="two words" empty="" a=[1]\n'
    ]


def test_a_json_line_is_one_line_of_json() -> None:
    telemetry, lines = lines_of(format="json")
    telemetry.log("error", "x", {"message": "a\nb", "other": object, "n": 1})
    row = json.loads(lines[0])
    assert row | {"other": ""} == {
        "time": "1970-01-01T00:00:01.500Z",
        "level": "error",
        "event": "x",
        "message": "a\nb",
        "other": "",
        "n": 1,
    }
    assert lines[0].count("\n") == 1


@pytest.mark.parametrize("format", ["text", "json"])
def test_secrets_are_redacted(format: str) -> None:
    telemetry, lines = lines_of(format=format)
    telemetry.log(
        "info", "x", {"key": "hush", "url": "https://h/?key=hush", "error": "Bearer hush-hush-hush"}
    )
    assert "hush" not in lines[0] and lines[0].count("[redacted]") == 3


def test_a_text_value_cannot_forge_a_line() -> None:
    telemetry, lines = lines_of()
    telemetry.log("info", "x", {"model": "a\n1970 error forged"})
    assert lines[0].count("\n") == 1


@pytest.mark.parametrize(("level", "logged"), [("debug", 3), ("info", 2), ("error", 1), ("off", 0)])
def test_nothing_is_formatted_below_the_level(level: str, logged: int) -> None:
    telemetry, lines = lines_of(level)
    for number, line in enumerate(("debug", "info", "error")):
        value: object = "v" if number >= 3 - logged else Unprintable()
        telemetry.log(line, "x", {"value": value})
    assert len(lines) == logged


def test_long_values_are_cut() -> None:
    telemetry, lines = lines_of()
    telemetry.log("info", "x", {"text": "x" * 100_000})
    assert len(lines[0]) < 3000


def test_numbers_are_kept_for_prometheus() -> None:
    telemetry, _ = lines_of()
    telemetry.count("n", {"a": "b"}, 2)
    telemetry.observe("s", {}, 0.1)
    assert set(telemetry.metrics.families) == {"n", "s"}


@pytest.mark.parametrize("format", ["text", "json"])
def test_what_is_no_unicode_is_told_all_the_same(format: str) -> None:
    lines: list[str] = []
    SystemTelemetry("info", format, lines.append).log("error", "x", {"path": "a \udcff", "n": 1})
    assert "\\udcff" in lines[0] and lines[0].encode()
