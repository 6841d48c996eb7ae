from __future__ import annotations

import json
import re

import pytest
import structlog

from engine.adapters.log_front import front
from engine.adapters.telemetry import SystemTelemetry


def lines_of(format: str = "json") -> tuple[SystemTelemetry, list[str]]:
    lines: list[str] = []
    return SystemTelemetry("info", format, lines.append, lambda: 1.5), lines


def test_processors_expand_write_and_put() -> None:
    put: list[tuple[str, str]] = []
    logger = front(
        lambda level, event, fields: f"{level} {event} {sorted(fields)}", lambda *line: put.append(line)
    )
    logger.log(30, "odd", fields={"level": 1, "event": "taken", "a": 2})
    logger.bind(worker=7).info("more", b=1)
    assert put == [("warning", "warning odd ['a', 'level']"), ("info", "info more ['b', 'worker']")]


@pytest.mark.parametrize("format", ["text", "json"])
def test_both_ways_write_the_same_line(format: str) -> None:
    """The data path gives its fields in parts, everybody else in one."""
    fields = {"request_id": "r", "key": "hush", "message": "Bearer hush-hush-hush", "n": 1, "none": None}
    telemetry, lines = lines_of(format)
    telemetry.log("info", "x", fields)
    telemetry.log(
        "info", "x", {"request_id": "r"}, telemetry.bound({"key": "hush"}), dict(list(fields.items())[2:])
    )
    assert lines[0] == lines[1] and "hush" not in lines[0]


def test_what_is_bound_stands_in_every_line_redacted_like_the_rest() -> None:
    telemetry, lines = lines_of()
    logger = telemetry.logger.bind(worker=7, token="hush")
    logger.warning("odd", url="https://h/?key=hush")
    with structlog.contextvars.bound_contextvars(task="t"):
        logger.info("more")
    first, second = map(json.loads, lines)
    assert (first["worker"], first["level"], first["event"]) == (7, "warning", "odd")
    assert second["task"] == "t" and "hush" not in "".join(lines)


def test_lines_of_both_ways_keep_their_order() -> None:
    telemetry, lines = lines_of()
    telemetry.gather(lambda seconds, work: None)
    telemetry.log("info", "one", {})
    telemetry.log("info", "two", {"request_id": "r"}, {}, {})
    telemetry.log("info", "three", {})
    assert lines == []
    telemetry.log("error", "four", {})
    assert re.findall(r'"event":"(\w+)"', "".join(lines)) == ["one", "two", "three", "four"]
