"""Headers and lines: what is told, and that it is told once."""

from typing import Any

import pytest

from engine.adapters.telemetry import SystemTelemetry
from engine.errors import ErrorClass, ErrorInfo
from engine.gateway.outside import Outside
from engine.gateway.report import Report, retry_headers
from engine.routing.failover import Stage
from engine.snapshot.model import Client
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
    assert world.counted("proxyctl_request_duration_seconds") == 1.5


@pytest.mark.parametrize(
    ("seconds", "header"), [(None, None), (0.0, "1"), (0.2, "1"), (7.0, "7"), (7.01, "8"), (3600.0, "3600")]
)
def test_retry_after_in_whole_seconds(seconds: float | None, header: str | None) -> None:
    told = retry_headers(ErrorInfo(ErrorClass.RATE_LIMIT, "", retry_after=seconds))
    assert told.get("retry-after") == header


def test_a_message_is_logged_unless_it_is_about_the_content() -> None:
    told, world = report()
    told.finish(503, None, ErrorInfo(ErrorClass.OVERLOADED, "come back later", "busy"))
    assert (world.lines[0][2]["message"], world.lines[0][2]["code"]) == ("come back later", "busy")
    told, world = report()
    told.finish(400, None, ErrorInfo(ErrorClass.CONTENT_FILTER, "you wrote that"))
    assert "message" not in world.lines[0][2]


def test_a_line_that_nobody_reads_is_not_put_together() -> None:
    told, world = report()
    world.level = "warning"
    told.finish(200, {"prompt": 1})
    assert world.lines == [] and world.counted("proxyctl_requests_total") == 1


def test_what_was_not_carried_is_told_between_the_names_and_the_status() -> None:
    told, world = report()
    told.drop(("seed", "top_p\n"), quiet=False)
    told.finish(200, None)
    assert told.headers() == {"x-proxyctl-unsupported": "seed, top_p?"}
    assert list(world.lines[0][2])[-4:] == ["stream", "unsupported", "status", "ms"]
    assert world.lines[0][2]["unsupported"] == "seed, top_p\n"


@pytest.mark.parametrize("format", ["text", "json"])
@pytest.mark.parametrize("secret", ["sk-hushhushhushhush", "Bearer hush-hush-hush", "/v1?key=hush"])
def test_no_secret_is_told_whatever_the_field(format: str, secret: str) -> None:
    lines: list[str] = []
    anything: Any = World(Time())
    telemetry = SystemTelemetry("info", format, lines.append, lambda: 0.0)
    outside = Outside(ScriptedUpstream(), anything, anything, anything, telemetry)
    for _ in range(2):
        told = Report(outside, secret, secret, Client(secret, ()), secret, secret, secret, secret)
        told.drop((secret,), quiet=False)
        told.failure(Stage.CONNECT, ErrorInfo(ErrorClass.UPSTREAM, secret, secret))
        told.finish(500, {"prompt": 1}, ErrorInfo(ErrorClass.UPSTREAM, secret, secret))
    assert len(lines) == 4 and lines[0] == lines[2]
    assert all("hush" not in line and line.count("[redacted]") == 10 for line in lines)
