from __future__ import annotations

from typing import Any

from engine.bench.cases.streams import CLIENTS, EVENTS, PACED_EVENTS, fast, paced
from engine.bench.order import order_of
from tests.bench.fakes import PROFILE, FakeBench


def test_as_fast_as_they_are_read() -> None:
    given: Any = FakeBench({"bare": 5.0, "same": 10.0, "messages": 20.0})
    section = fast(given)
    assert section.figures["streams/same/cpu_us"] == 10.0 / (1000 * EVENTS) * 1e6
    assert section.rows[:2] == [
        ["a bare loop", "10.0 (10.0–10.0)", "250,000"],
        ["passed", "20.0 (20.0–20.0)", "250,000"],
    ]
    plan = given.plans[0]
    assert (plan.clients, plan.stream, order_of(plan.body.encode()).pause) == (CLIENTS, True, 0)


def test_at_the_pace_of_a_model() -> None:
    given: Any = FakeBench()
    section = paced(given)
    streams, pace = PROFILE.paced
    plan = given.plans[0]
    order = order_of(plan.body.encode())
    assert (plan.clients, plan.requests, order.pause, order.events) == (
        streams,
        streams,
        1 / pace,
        PACED_EVENTS,
    )
    names = ("bare", "same", "messages", "contents")
    assert set(section.figures) == {f"paced/{name}/cpu_us" for name in names}


def test_runs_that_are_too_short_for_the_clock_are_told() -> None:
    given: Any = FakeBench({"same": 0.0})
    title = "Streams, as fast as they are read, passed"
    assert fast(given).faults == [f"{title}: no CPU time was seen; longer runs may show it (--seconds)"]
