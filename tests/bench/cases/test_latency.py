from __future__ import annotations

from typing import Any

from engine.bench.cases.latency import latency
from engine.bench.plan import Spread
from tests.bench.fakes import FakeBench, result


def bench() -> Any:
    given = FakeBench()
    given.results["direct"] = result(first_byte=Spread(0.2, 0.3, 1.0, 2.0))
    given.results["same"] = result(first_byte=Spread(0.9, 1.0, 3.0, 4.0))
    return given


def test_what_is_added_is_the_difference_to_the_upstream() -> None:
    section = latency(bench())
    assert round(section.figures["latency/whole/same/p50_ms"], 6) == 0.7
    assert section.figures["latency/stream/same/p99_ms"] == 2.0
    assert section.rows[0] == ["whole, passed", "250", "0.70 (0.70–0.70)", "2.00 (2.00–2.00)"]


def test_both_ways_get_half_of_what_the_engine_can_take() -> None:
    given = bench()
    latency(given)
    first, *rounds = given.plans[:5]
    assert first.rate == 0
    assert {plan.rate for plan in rounds} == {250.0} and all(plan.warmup for plan in rounds)
