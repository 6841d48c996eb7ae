from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Mapping

import pytest

from engine.adapters import metrics
from engine.adapters.catalogue import WHOLE, About
from engine.adapters.metrics import Family, Metrics, added, from_data, lasting, render, to_data


def text_of(*processes: Metrics) -> list[str]:
    return render(process.families for process in processes).splitlines()


def carried(one: Metrics) -> Mapping[str, Family]:
    return from_data(json.loads(json.dumps(to_data(one.families))))


def test_counters_and_gauges() -> None:
    one = Metrics()
    one.counter("requests_total", {"status": "200", "alias": 'a"b\n'}).add()
    one.counter("requests_total", {"alias": 'a"b\n', "status": "200"}).add(2)
    one.gauge("generation", {}).set(1.5)
    one.gauge("generation", {}).set(0.5)
    assert text_of(one) == [
        "# TYPE generation gauge",
        "generation 0.5",
        "# TYPE requests_total counter",
        'requests_total{alias="a\\"b\\n",status="200"} 3',
    ]


def test_a_histogram_is_cumulative() -> None:
    one = Metrics()
    for value in (0.004, 0.005, 0.3, 1000.0):
        one.histogram("seconds", {"route": "x"}).observe(value)
    lines = text_of(one)
    assert 'seconds_bucket{route="x",le="0.005"} 2' in lines
    assert 'seconds_bucket{route="x",le="0.25"} 2' in lines
    assert 'seconds_bucket{route="x",le="0.5"} 3' in lines
    assert 'seconds_bucket{route="x",le="+Inf"} 4' in lines
    assert 'seconds_count{route="x"} 4' in lines and 'seconds_sum{route="x"} 1000.309' in lines


def test_every_metric_that_is_known_says_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "CATALOGUE", {"n_total": About("counter", "A\\b\nc.")})
    one = Metrics()
    one.counter("n_total", {}).add()
    assert text_of(one) == ["# HELP n_total A\\\\b\\nc.", "# TYPE n_total counter", "n_total 1"]


def test_workers_are_added_up_and_gauges_as_they_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        metrics,
        "CATALOGUE",
        {"up": About("gauge", ""), "busy": About("gauge", "", added=True), "s": About("histogram", "")},
    )
    one, other = Metrics(), Metrics()
    for process, value in ((one, 2.0), (other, 3.0)):
        process.counter("n", {}).add()
        process.gauge("up", {}).set(value)
        process.gauge("busy", {}).set(value)
        process.histogram("s", {}).observe(value)
    lines = render([one.families, carried(other)]).splitlines()
    assert {"n 2", "up 3", "busy 5", "s_count 2", "s_sum 5", 's_bucket{le="2.5"} 1'} <= set(lines)
    assert "n 1" in text_of(one)  # what is added up is a copy


def test_of_the_gone_gauges_do_not_last() -> None:
    one = Metrics()
    one.counter("n", {}).add()
    one.gauge("busy", {}).set(1)
    assert set(lasting(carried(one))) == {"n"}
    assert set(added([one.families])) == {"n", "busy"}


def test_labels_from_outside_cannot_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "MAX_SERIES", 2)
    one = Metrics()
    for model in "abcdd":
        one.counter("n", {"model": model}).add()
        one.histogram("s", {"model": model}).observe(1.0)
    assert 'n{model="other"} 3' in text_of(one) and 's_count{model="other"} 3' in text_of(one)
    assert not any('"c"' in line or '"d"' in line for line in text_of(one))


def test_a_counter_is_one_however_its_labels_are_ordered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "MAX_SERIES", 1)
    one = Metrics()
    for _ in range(2):
        one.counter("n", {"a": "1", "b": "2"}).add()
        one.counter("n", {"b": "2", "a": "1"}).add()
        one.counter("n", {"a": "3", "b": "2"}).add()
    assert text_of(one)[1:] == ['n{a="1",b="2"} 4', 'n{a="other",b="other"} 2']


def test_a_counter_that_was_kept_goes_on_counting() -> None:
    one = Metrics()
    kept = one.counter("n", {"a": "1"})
    assert kept is one.counter("n", {"a": "1"})
    kept.add()
    kept.add(2)
    before = carried(one)
    kept.add()
    assert text_of(one)[1:] == ['n{a="1"} 4'] and render([before]).splitlines()[1:] == ['n{a="1"} 3']


@pytest.mark.parametrize("value", [0.0, WHOLE[0], WHOLE[-1], 1e9])
def test_a_bucket_holds_its_own_bound(value: float) -> None:
    one = Metrics()
    one.histogram("s", {}).observe(value)
    assert one.histogram("s", {}).counts[bisect_left(WHOLE, value)] == 1
