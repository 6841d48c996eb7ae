"""The counters' side of a pool: turns are counted, marks are kept and forgotten."""

from dataclasses import replace
from typing import Any

import pytest

from engine.adapters.counters import LocalCounters
from engine.credentials.model import Credential, Found, Penalty, Pool
from engine.errors import ErrorClass, ErrorInfo
from engine.gateway.keys import asker_of, penalise, ranking
from engine.gateway.outside import Outside
from engine.snapshot.model import Client
from tests.gateway.playbook import EPOCH, ScriptedUpstream, Time, World

A, B = Credential("a", "ka"), Credential("b", "kb")
POOL = Pool("p", credentials=(A, B), on_error={ErrorClass.AUTH: Penalty(disable=True)})


def outside() -> tuple[Outside, World]:
    world = World(Time())
    anything: Any = world
    return Outside(ScriptedUpstream(), anything, anything, anything, anything), world


def test_turns() -> None:
    around, _ = outside()
    firsts = [next(ranking(around, POOL, "m").ready).id for _ in range(3)]
    assert firsts == ["a", "b", "a"]


def test_rests_and_refusals() -> None:
    around, _ = outside()
    penalise(around, POOL, A, ErrorInfo(ErrorClass.RATE_LIMIT, "", retry_after=5.0))
    penalise(around, POOL, B, ErrorInfo(ErrorClass.AUTH, ""))
    found = ranking(around, POOL, "m")
    assert (list(found.ready), found.cooling) == ([], ((EPOCH + 5.0, A),))
    other = Pool("p", credentials=(A, Credential("b", "new")))
    assert [one.key for one in ranking(around, other, "m").ready] == ["new"]


def test_the_later_of_two_marks_counts_and_one_that_is_over_does_not() -> None:
    around, world = outside()
    penalise(around, POOL, A, ErrorInfo(ErrorClass.RATE_LIMIT, "", retry_after=5.0))
    penalise(around, POOL, A, ErrorInfo(ErrorClass.AUTH, ""))
    assert [one.id for one in ranking(around, POOL, "m").ready] == ["b"]
    world.timeline.elapsed = 5.0
    assert ranking(around, POOL, "m").cooling == ()


def test_what_costs_nothing() -> None:
    around, world = outside()
    penalise(around, POOL, A, ErrorInfo(ErrorClass.INVALID, ""))
    penalise(around, None, A, ErrorInfo(ErrorClass.AUTH, ""))
    penalise(around, POOL, None, ErrorInfo(ErrorClass.AUTH, ""))
    assert world.marked == {}


def test_what_was_found_at_run_time_joins() -> None:
    around, _ = outside()
    around.vault.found = {"p": Found((Credential("b", "other"), Credential("c", "kc")), frozenset({"a"}))}
    assert [[one.key for one in ranking(around, POOL, "m").ready] for _ in range(2)] == [
        ["kb", "kc"],
        ["kc", "kb"],
    ]
    around.vault.found = {"other": Found((A,))}
    assert {one.id for one in ranking(around, POOL, "m").ready} == {"a", "b"}


@pytest.mark.parametrize(
    ("client", "headers", "body", "asker"),
    [
        (Client("web", ()), {"x-conversation-id": "7"}, {}, "web"),
        (None, {"x-conversation-id": "7"}, {"user": "u"}, "7"),
        (None, {}, {"user": "u"}, "u"),
        (None, {}, {"user": 3}, ""),
    ],
)
def test_who_asks(client: Client | None, headers: dict[str, str], body: dict[str, Any], asker: str) -> None:
    assert asker_of(client, headers, body) == asker


def test_a_caller_stays_with_its_credential() -> None:
    around, _ = outside()
    pool = Pool("p", "sticky", credentials=tuple(Credential(name, name) for name in "abcdef"))
    asked = {
        asker: {next(ranking(around, pool, "m", Client(asker, ())).ready).id for _ in range(3)}
        for asker in map(str, range(40))
    }
    assert all(len(found) == 1 for found in asked.values())
    assert len(set().union(*asked.values())) == 6


def test_the_least_used_is_first_and_who_comes_back_catches_up() -> None:
    bare, world = outside()
    around = replace(bare, counters=LocalCounters(now=world.now))
    pool = Pool("p", "least_used", credentials=(A, B))
    firsts = [next(ranking(around, pool, "m").ready).id for _ in range(4)]
    assert firsts == ["a", "b", "a", "b"]
    penalise(around, pool, A, ErrorInfo(ErrorClass.RATE_LIMIT, "", retry_after=1.0))
    resting = [next(ranking(around, pool, "m").ready).id for _ in range(2)]
    world.timeline.elapsed = 2.0
    back = [next(ranking(around, pool, "m").ready).id for _ in range(3)]
    assert (resting, back) == (["b", "b"], ["a", "a", "a"])
