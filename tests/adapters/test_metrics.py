from __future__ import annotations

import json

import pytest

from engine.adapters import metrics
from engine.adapters.metrics import Metrics, from_data, render, to_data


def text_of(*processes: Metrics) -> list[str]:
    return render(process.families for process in processes).splitlines()


def test_counters_and_gauges() -> None:
    one = Metrics()
    one.count("requests_total", {"status": "200", "alias": 'a"b\n'})
    one.count("requests_total", {"alias": 'a"b\n', "status": "200"}, 2)
    one.gauge("generation", {}, 1.5)
    one.gauge("generation", {}, 0.5)
    assert text_of(one) == [
        "# TYPE generation gauge",
        "generation 0.5",
        "# TYPE requests_total counter",
        'requests_total{alias="a\\"b\\n",status="200"} 3',
    ]


def test_a_histogram_is_cumulative() -> None:
    one = Metrics()
    for value in (0.004, 0.3, 1000.0):
        one.observe("seconds", {"route": "x"}, value)
    lines = text_of(one)
    assert 'seconds_bucket{route="x",le="0.005"} 1' in lines
    assert 'seconds_bucket{route="x",le="0.5"} 2' in lines
    assert 'seconds_bucket{route="x",le="+Inf"} 3' in lines
    assert 'seconds_count{route="x"} 3' in lines and 'seconds_sum{route="x"} 1000.304' in lines


def test_workers_are_added_up_and_gauges_are_not() -> None:
    one, other = Metrics(), Metrics()
    for process in (one, other):
        process.count("n", {})
        process.gauge("up", {}, 1)
    carried = from_data(json.loads(json.dumps(to_data(other.families))))
    assert render([one.families, carried]).splitlines()[1::2] == ["n 2", "up 1"]


def test_labels_from_outside_cannot_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "MAX_SERIES", 2)
    one = Metrics()
    for model in "abcdd":
        one.count("n", {"model": model})
        one.observe("s", {"model": model}, 1.0)
    assert 'n{model="other"} 3' in text_of(one) and 's_count{model="other"} 3' in text_of(one)
    assert not any('"c"' in line or '"d"' in line for line in text_of(one))
