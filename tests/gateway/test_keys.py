"""The counters' side of a pool: turns are counted, marks are kept and forgotten."""

from typing import Any

from engine.credentials.model import Credential, Penalty, Pool
from engine.errors import ErrorClass, ErrorInfo
from engine.gateway.keys import penalise, ranking
from engine.gateway.outside import Outside
from tests.gateway.playbook import EPOCH, ScriptedUpstream, Time, World

A, B = Credential("a", "ka"), Credential("b", "kb")
POOL = Pool("p", credentials=(A, B), on_error={ErrorClass.AUTH: Penalty(disable=True)})


def outside() -> tuple[Outside, World]:
    world = World(Time())
    anything: Any = world
    return Outside(ScriptedUpstream(), anything, anything, anything, anything), world


def test_turns() -> None:
    around, _ = outside()
    firsts = [ranking(around, POOL, "m", "g").ready[0].id for _ in range(3)]
    assert firsts == ["a", "b", "a"]


def test_a_rest_outlives_a_reload_a_refusal_does_not() -> None:
    around, _ = outside()
    penalise(around, POOL, A, ErrorInfo(ErrorClass.RATE_LIMIT, "", retry_after=5.0), "g1")
    penalise(around, POOL, B, ErrorInfo(ErrorClass.AUTH, ""), "g1")
    before, after = ranking(around, POOL, "m", "g1"), ranking(around, POOL, "m", "g2")
    assert (before.ready, before.cooling) == ((), ((EPOCH + 5.0, A),))
    assert (after.ready, after.cooling) == ((B,), ((EPOCH + 5.0, A),))


def test_what_costs_nothing() -> None:
    around, world = outside()
    penalise(around, POOL, A, ErrorInfo(ErrorClass.INVALID, ""), "g")
    penalise(around, None, A, ErrorInfo(ErrorClass.AUTH, ""), "g")
    penalise(around, POOL, None, ErrorInfo(ErrorClass.AUTH, ""), "g")
    assert world.marks == {}
