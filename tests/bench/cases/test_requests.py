from __future__ import annotations

from typing import Any

from engine.bench.cases.requests import CLIENTS, aliases, clients, requests
from engine.bench.plan import Result
from tests.bench.fakes import FakeBench


def bench(**cpu: float) -> Any:
    return FakeBench({"floor": 0.1, "same": 0.25, "messages": 0.35, "contents": 0.3, **cpu})


def test_requests_are_measured_beside_the_floor() -> None:
    section = requests(bench())
    assert section.figures["requests/1 kB/floor/cpu_us"] == 100
    assert section.figures["requests/1 kB/same/ratio"] == 2.5
    assert section.figures["requests/1 kB/messages/ratio"] == 3.5
    assert section.rows[1][:4] == ["1 kB", "passed", "250 (250–250)", "2.50 (2.50–2.50)"]
    assert not section.faults


def test_a_log_line_has_a_row() -> None:
    section = requests(bench(logged=0.3))
    assert section.figures["requests/1 kB/logged/ratio"] == 3
    assert [row[:2] for row in section.rows][-1] == ["1 kB", "with its log"]


def test_a_floor_whose_cost_was_not_seen_is_no_measure() -> None:
    section = requests(bench(floor=0.0))
    assert section.figures["requests/1 kB/same/ratio"] == 0
    assert section.faults == ["1 kB, the floor: no CPU time was seen; longer runs may show it (--seconds)"]


def test_all_get_the_same_load() -> None:
    given = bench()
    requests(given)
    assert {(each.clients, each.seconds) for each in given.plans} == {(CLIENTS, 1.0)}


def test_wrong_answers_show() -> None:
    given = bench()
    given.results["contents"] = Result(requests=1, errors=1, examples=("status 500",))
    assert requests(given).faults == ["1 kB, converted too: 2 of 4 answers were wrong, such as: status 500"]


def test_throughput_by_clients() -> None:
    given = bench()
    section = clients(given)
    assert [row[:3] for row in section.rows[:3]] == [
        ["1", "the floor", "500"],
        ["1", "passed", "500"],
        ["1", "converted", "500"],
    ]
    assert {each.clients for each in given.plans} == {1, 16}
    assert section.figures["clients/16/same/per_second"] == 500


def test_few_aliases_and_many() -> None:
    given = bench(few=0.2, many=0.22)
    section = aliases(given)
    assert round(section.figures["aliases/ratio"], 3) == 1.1
    assert [row[1] for row in section.rows] == ["10 aliases", "50 aliases"]
    assert {"alias-00009", "alias-00049"} == {
        model for plan in given.plans for model in [plan.body.split('"model":"')[1].split('"')[0]]
    }
    assert all(server.stopped for server in given.started)
