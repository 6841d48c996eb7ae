from __future__ import annotations

import json
import math
from collections.abc import Callable

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
    telemetry.counter("n", {"a": "b"}).add(2)
    telemetry.histogram("s", {}).observe(0.1)
    assert set(telemetry.metrics.families) == {"n", "s"}


@pytest.mark.parametrize("format", ["text", "json"])
def test_what_is_no_unicode_is_told_all_the_same(format: str) -> None:
    lines: list[str] = []
    SystemTelemetry("info", format, lines.append).log("error", "x", {"path": "a \udcff", "n": 1})
    assert "\\udcff" in lines[0] and lines[0].encode()


@pytest.mark.parametrize("format", ["text", "json"])
@pytest.mark.parametrize(
    "value",
    [
        "Bearer hush-hush-hush",
        "sk-hushhushhushhush",
        "x" * 100 + "?key=hush",
        '{"a":{"password":"hush"}}',
        {"a": {"password": "hush"}},
        [{"token": "hush"}],
        KeyError("https://user:hush@host/"),
    ],
)
def test_no_way_around_redaction(format: str, value: object) -> None:
    telemetry, lines = lines_of(format=format)
    for _ in range(2):
        telemetry.log("info", "x", {"request_id": value, "next": "word"})
    assert all("hush" not in line and "[redacted]" in line and "word" in line for line in lines)
    assert lines[0] == lines[1]


@pytest.mark.parametrize(
    "value",
    ["", "word", "é", "a\x00b", "a\x7f\u2028", "😀", "a b", 1.5, -2.5e-30, 1e300, {"n": {"m": 1.5}}, {}],
)
def test_in_json_a_value_is_what_it_was(value: object) -> None:
    telemetry, lines = lines_of(format="json")
    telemetry.log("info", "x", {"n": value, "next": 1})
    assert json.loads(lines[0])["n"] == value


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_json_has_no_number_that_is_none(value: float) -> None:
    telemetry, lines = lines_of(format="json")
    telemetry.log("info", "x", {"n": value})
    assert '"n":null}' in lines[0]


def test_a_value_looks_the_same_whatever_came_before_it() -> None:
    telemetry, lines = lines_of()
    for value in (True, 1, 1.0, "1", "true"):
        telemetry.log("info", "x", {"n": value})
    assert [line.split("n=")[1] for line in lines] == ["True\n", "1\n", "1\n", "1\n", "true\n"]


def test_it_says_which_levels_it_shows() -> None:
    telemetry, _ = lines_of("warning")
    assert [telemetry.shows(level) for level in ("info", "warning", "error")] == [False, True, True]


def test_the_seconds_of_the_clock_go_on() -> None:
    lines: list[str] = []
    times = iter([59.999, 59.9999, 60.0, 61.25])
    telemetry = SystemTelemetry("info", "text", lines.append, lambda: next(times))
    for _ in range(4):
        telemetry.log("info", "x", {})
    assert [line[11:24] for line in lines] == [
        "00:00:59.999Z",
        "00:00:59.999Z",
        "00:01:00.000Z",
        "00:01:01.250Z",
    ]


@pytest.mark.parametrize("format", ["text", "json"])
def test_a_line_of_several_parts_is_the_line_of_them_all(format: str) -> None:
    telemetry, lines = lines_of(format=format)
    first, second, third = {"id": "r"}, {"alias": "a b", "none": None, "n": 1, "ok": True}, {"key": "hush"}
    bound = telemetry.bound(second)
    assert dict(bound) == second
    telemetry.log("info", "x", first, bound, third)
    telemetry.log("info", "x", first, bound, third)
    telemetry.log("info", "x", {**first, **second, **third})
    assert lines[0] == lines[1] == lines[2] and "[redacted]" in lines[0]


@pytest.mark.parametrize("format", ["text", "json"])
@pytest.mark.parametrize("value", ["Bearer hush-hush-hush", "sk-hushhushhushhush", [{"token": "hush"}]])
def test_bound_fields_are_redacted_too(format: str, value: object) -> None:
    telemetry, lines = lines_of(format=format)
    telemetry.log("info", "x", telemetry.bound({"alias": value, "password": "hush"}))
    assert "hush" not in lines[0] and lines[0].count("[redacted]") == 2


class Loop:
    """Its time goes by when the test says so."""

    def __init__(self) -> None:
        self.calls: list[Callable[[], None]] = []

    def call_later(self, seconds: float, call: Callable[[], None]) -> None:
        self.calls.append(call)

    def pass_time(self) -> None:
        calls, self.calls = self.calls, []
        for call in calls:
            call()


def gathering() -> tuple[SystemTelemetry, list[str], Loop]:
    telemetry, pieces = lines_of()
    loop = Loop()
    telemetry.gather(loop.call_later)
    return telemetry, pieces, loop


def test_lines_wait_for_each_other_and_are_written_in_order() -> None:
    telemetry, pieces, loop = gathering()
    telemetry.log("info", "one", {})
    telemetry.log("info", "two", {"n": 1})
    assert pieces == []
    loop.pass_time()
    telemetry.log("info", "three", {})
    loop.pass_time()
    assert [line.split()[2] for line in "".join(pieces).splitlines()] == ["one", "two", "three"]
    assert len(pieces) == 2


def test_a_warning_waits_for_nobody_and_keeps_its_place() -> None:
    telemetry, pieces, _ = gathering()
    telemetry.log("info", "one", {})
    telemetry.log("warning", "two", {})
    assert [line.split()[2] for line in "".join(pieces).splitlines()] == ["one", "two"]


def test_many_lines_do_not_wait_and_no_piece_is_more_than_a_pipe_takes_at_once() -> None:
    telemetry, pieces, loop = gathering()
    for number in range(1000):
        telemetry.log("info", "line", {"number": number, "text": "x" * 300})
    assert len("".join(pieces).splitlines()) > 900
    loop.pass_time()
    assert "".join(pieces).count("number=") == 1000
    assert all(len(piece) <= 4096 and piece.endswith("\n") for piece in pieces)


def test_before_the_end_what_waits_is_written_and_nothing_waits_any_more() -> None:
    telemetry, pieces, _ = gathering()
    telemetry.log("info", "one", {})
    telemetry.gather(None)
    assert len(pieces) == 1
    telemetry.log("info", "two", {})
    assert len(pieces) == 2
