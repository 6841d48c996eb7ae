"""The line from attempt to attempt, with attempts of the test's own."""

from __future__ import annotations

import pytest

from engine.errors import EngineError, ErrorClass, ErrorInfo
from engine.gateway.answer import Answer
from engine.gateway.attempt import AttemptFailed
from engine.gateway.course import Course, Move
from engine.gateway.gateway import read
from engine.gateway.report import Report
from engine.gateway.request import Request
from engine.gateway.travel import shown_error, travel
from engine.routing.failover import Stage
from tests.gateway.playbook import Game, inbound

SITE = """
pools:
  p: {credentials: [{id: one, key: sk-secret-one}, {id: two, key: sk-secret-two}]}
providers:
  a: {dialect: plain, base_url: "https://a.test", pool: p}
  b: {dialect: plain, base_url: "https://b.test"}
models:
  m: {targets: [a/m1], fallback: [n]}
  n: {targets: [b/m2]}
"""


class Attempts:
    """Fail as they are told to, one after the other, then answer."""

    def __init__(self, *failures: ErrorInfo) -> None:
        self.failures = list(failures)
        self.moves: list[str] = []

    async def __call__(self, request: Request, course: Course, move: Move, report: Report) -> Answer:
        self.moves.append(f"{move.place.label} {move.credential.id if move.credential else None}")
        if self.failures:
            raise AttemptFailed(Stage.CONNECT, self.failures.pop(0))
        return Answer(200, {}, "", b"")


def journey(attempts: Attempts) -> tuple[Game, Report]:
    game = Game(SITE)
    request = read(game.snapshot, game.snapshot.surfaces["openai-chat"], inbound("m"), None)
    report = Report(game.gateway.outside, "r", "s")
    course = Course(request, game.gateway.outside, game.gateway.experience)
    answer = game.run(travel(course, course.first(), request, report, attempts))
    assert answer.status == 200
    return game, report


def test_what_the_table_says_is_tried() -> None:
    attempts = Attempts(ErrorInfo(ErrorClass.AUTH, "no"), ErrorInfo(ErrorClass.RATE_LIMIT, "not now"))
    game, report = journey(attempts)
    assert attempts.moves == ["a/m1 one", "a/m1 two", "b/m2 None"]
    assert (report.attempts, report.alias) == (3, "n")
    assert game.world.counted("proxyctl_failovers_total", changed="credential") == 1


def test_the_last_failure_is_told_without_a_secret() -> None:
    attempts = Attempts(ErrorInfo(ErrorClass.INVALID, "not with sk-secret-one"))
    with pytest.raises(EngineError) as raised:
        journey(attempts)
    assert "sk-secret" not in raised.value.info.message and attempts.moves == ["a/m1 one"]


def test_a_callers_own_key_that_is_refused_is_its_own_401() -> None:
    provider = Game(SITE.replace("pool: p", "credential: client")).snapshot.aliases.match("m")
    assert provider is not None
    info = shown_error(ErrorInfo(ErrorClass.AUTH, "no"), provider.value.targets[0].provider, None)
    assert (info.status, info.type_override) == (401, "authentication_error")
