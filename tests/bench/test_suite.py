from __future__ import annotations

from typing import Any, cast

import pytest

from engine.bench import suite
from engine.bench.cores import Placement
from engine.bench.figures import Section
from engine.bench.setting import Bench
from engine.bench.suite import CASES, Case, chosen, conditions, run
from tests.bench.fakes import FakeBench


def test_what_is_run() -> None:
    assert chosen([], quick=False) == list(CASES)
    assert "requests" in chosen([], quick=True) and "memory" not in chosen([], quick=True)
    assert chosen(["memory", "requests"], quick=True) == ["requests", "memory"]


def test_sections_come_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    bench: Any = FakeBench()
    bench.placement = Placement()
    told: list[str] = []
    bench.tell = told.append

    def case(name: str) -> Case:
        return Case(lambda _: Section(name, name, ["h"], [["1"]], {f"{name}/x": 1.0}), f"help of {name}")

    monkeypatch.setattr(suite, "CASES", {"a": case("a"), "b": case("b")})
    report = run(cast(Bench, bench), ["a", "b"])
    assert [each.name for each in report.sections] == ["a", "b"]
    assert report.figures == {"a/x": 1.0, "b/x": 1.0}
    assert told == ["help of a", "help of b"]


def test_the_conditions_say_what_matters() -> None:
    bench: Any = FakeBench()
    bench.placement = Placement()
    text = " ".join(conditions(bench))
    for words in ("any core", "1 worker", "Median of 2 rounds of 1 s", "pool of two credentials"):
        assert words in text


@pytest.mark.parametrize(("waited", "told"), [(0.2, False), (3.0, True)])
def test_what_other_programs_took_is_told_when_it_matters(waited: float, told: bool) -> None:
    bench: Any = FakeBench()
    bench.placement = Placement()
    bench.measured, bench.waited = 10.0, waited
    assert ("For 30% of the time what is measured waited" in " ".join(conditions(bench))) is told
