"""Headers and lines: what is told, and that it is told once."""

from typing import Any

import pytest

from engine.errors import ErrorClass, ErrorInfo
from engine.gateway.outside import Outside
from engine.gateway.report import LONGEST_HEADER, Report, header_text, retry_headers
from tests.gateway.playbook import ScriptedUpstream, Time, World


def report() -> tuple[Report, World]:
    world = World(Time())
    anything: Any = world
    return Report(Outside(ScriptedUpstream(), anything, anything, anything, anything), "r", "s"), world


def test_nothing_is_known_at_first() -> None:
    assert report()[0].headers() == {}


def test_a_request_is_told_once() -> None:
    told, world = report()
    world.timeline.elapsed = 1.5
    told.finish(200, {"prompt": 1, "input": 1, "output": 0})
    told.finish(500, None, ErrorInfo(ErrorClass.UPSTREAM, "late"))
    assert [line[2] for line in world.lines] == [
        {
            "request_id": "r",
            "surface": "s",
            "attempts": 0,
            "stream": False,
            "status": 200,
            "ms": 1500.0,
            "usage": {"prompt": 1},
        }
    ]
    assert world.counted("proxyctl_request_seconds_total") == 1.5


@pytest.mark.parametrize(
    ("seconds", "header"), [(None, None), (0.0, "1"), (0.2, "1"), (7.0, "7"), (7.01, "8"), (3600.0, "3600")]
)
def test_retry_after_in_whole_seconds(seconds: float | None, header: str | None) -> None:
    told = retry_headers(ErrorInfo(ErrorClass.RATE_LIMIT, "", retry_after=seconds))
    assert told.get("retry-after") == header


def test_header_text() -> None:
    assert header_text("a\r\nb: c\x00é") == "a??b: c??"
    assert len(header_text("x" * 9999)) == LONGEST_HEADER


def test_a_message_is_logged_unless_it_is_about_the_content() -> None:
    told, world = report()
    told.finish(503, None, ErrorInfo(ErrorClass.OVERLOADED, "come back later", "busy"))
    assert (world.lines[0][2]["message"], world.lines[0][2]["code"]) == ("come back later", "busy")
    told, world = report()
    told.finish(400, None, ErrorInfo(ErrorClass.CONTENT_FILTER, "you wrote that"))
    assert "message" not in world.lines[0][2]
