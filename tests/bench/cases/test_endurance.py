from __future__ import annotations

from dataclasses import replace
from typing import Any

from engine.bench.cases.endurance import DYING, READERS, STALL, dying_upstream, memory, slow_readers
from engine.bench.order import order_of
from engine.bench.plan import Result
from tests.bench.fakes import PROFILE, FakeBench


def test_a_stream_weighs_what_the_engine_grew_by() -> None:
    given: Any = FakeBench()
    section = memory(given)
    assert section.figures["memory/idle_mb"] == 50
    assert section.figures["memory/same/stream_kb"] == 40
    assert section.figures["memory/clerk_mb"] == 60 and "60.0 MB" in section.notes[1]
    assert section.rows[0] == ["passed", "50.0", "100", "40.0", "100"]


def test_no_more_streams_than_the_system_allows_files_for() -> None:
    given: Any = FakeBench(profile=replace(PROFILE, open_streams=9000))
    given.files = 2200
    assert memory(given).rows[0][2] == "1,000"


def test_streams_that_do_not_end_well_show() -> None:
    given: Any = FakeBench()
    given.results["load"] = Result(requests=99, errors=1, examples=("no end",))
    assert "open streams, passed: 1 of 100 answers were wrong, such as: no end" in memory(given).faults


def test_slow_readers_stall_in_an_answer_larger_than_sockets_hold() -> None:
    given: Any = FakeBench()
    section = slow_readers(given)
    plan = given.plans[1]
    order = order_of(plan.body.encode())
    assert (plan.stall, plan.clients) == (STALL, READERS) and order.events * order.size >= 16e6
    assert section.figures["slow-readers/same/reader_kb"] == 4_000_000 / READERS / 1000


def test_every_client_must_hear_of_a_cut_stream() -> None:
    given: Any = FakeBench()
    assert dying_upstream(given).figures["dying-upstream/same/untold"] == 0
    assert given.plans[0].breaks and order_of(given.plans[0].body.encode()).dies
    given.results["load"] = Result(requests=DYING - 3, errors=3, examples=("looks complete",))
    section = dying_upstream(given)
    assert section.figures["dying-upstream/same/untold"] == 3 and section.faults
