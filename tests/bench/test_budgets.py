from __future__ import annotations

from engine.bench.budgets import BUDGETS, FLOOR, FLOOR_FIGURE, verdicts
from engine.bench.cases.endurance import UNREAD
from engine.bench.formats import formats
from engine.bench.suite import CASES

# Section 10 of the design, and below the line what the suite demands besides.
PROMISED = {
    "chat passed through, 1 kB": (2.5, "× floor"),
    "chat converted, 1 kB": (3.5, "× floor"),
    "stream event passed through": (35, "µs"),
    "stream event converted": (50, "µs"),
    "added to the first byte, p50 at half load": (1, "ms"),
    "added to the first byte, p99 at half load": (5, "ms"),
    "many aliases instead of 10": (1.1, "×"),
    "idle worker": (90, "MB"),
    "open stream": (50, "kB"),
    # ---
    "held for a slow reader": (UNREAD / 10 / 1000, "kB"),
    "mapping alone": (3.0, "× by hand"),
    "2,000 route files: validate": (5.0, "s"),
    "2,000 route files: an edit served by all workers": (1.0, "s"),
    "2,000 route files: longest wait while one is compiled": (50.0, "ms"),
    "clients that do not hear of a cut stream": (0, ""),
}


def test_the_table_is_what_was_promised() -> None:
    assert {each.what: (each.limit, each.unit) for each in BUDGETS} == PROMISED
    assert FLOOR == 53


def test_figures_are_of_cases_and_formats_that_exist() -> None:
    parts = [name.split("/") for each in BUDGETS for name in each.figures]
    assert {case for case, *_ in parts} <= {*CASES, "mapping", "reload"}  # these of benchmarks/
    ways = {part for _, *rest in parts for part in rest} & {"same", "messages", "contents"}
    assert ways == set(formats())


def test_the_worst_figure_decides() -> None:
    name = "requests/1 kB/{}/ratio".format
    (good,) = verdicts({name("messages"): 3.0, name("contents"): 3.5})
    assert good.met and good.value == 3.5
    (bad,) = verdicts({name("messages"): 3.0, name("contents"): 3.6})
    assert not bad.met


def test_times_are_scaled_by_the_floor_and_not_judged_without_it() -> None:
    times = {"streams/same/cpu_us": 60.0}
    assert verdicts(times) == []
    (found,) = verdicts({**times, FLOOR_FIGURE: 2 * FLOOR})
    assert found.limit == 70 and found.met


def test_what_was_measured_with_wrong_answers_meets_nothing() -> None:
    figures = {"memory/idle_mb": 10.0}
    assert verdicts(figures)[0].met
    assert not verdicts(figures, {"memory/idle_mb"})[0].met


def test_nothing_measured_nothing_judged() -> None:
    assert verdicts({}) == []
