from __future__ import annotations

from dataclasses import replace

import pytest

from engine.bench import measure
from engine.bench.order import Order
from engine.bench.servers import NoStart
from engine.bench.setting import Bench, Profile, Target

PROFILE = Profile(seconds=0.1, rounds=2)


def test_a_bench_measures_an_engine_and_takes_turns() -> None:
    with Bench(PROFILE) as bench:
        targets = [bench.direct(), bench.routes()[0]]
        samples = bench.rounds(targets, lambda each: each.plan(Order(), clients=2, seconds=20, requests=20))
        server = bench.engine
        assert bench.engine is server and server.alive
    assert not server.alive
    assert {name: len(taken) for name, taken in samples.items()} == {"direct": 2, "same": 2}
    assert all(
        each.result.requests == 20 and not each.result.errors for taken in samples.values() for each in taken
    )


def test_every_way_of_the_engine_is_checked_before_it_is_measured() -> None:
    with Bench(PROFILE) as bench:
        good = bench.routes()
        assert [each.name for each in good] == ["same", "messages", "contents"]
        with pytest.raises(NoStart, match=r"status 404.*\n.* said: "):
            bench.check(replace(good[0], model="unknown"))


def test_a_server_that_ends_under_load_is_told() -> None:
    with Bench(PROFILE) as bench:
        upstream = bench.direct()
        floor = bench.floor().server
        floor.stop()
        other = Target("floor", "", floor)
        with pytest.raises(NoStart, match="floor ended under load"):
            bench.run(other, upstream.plan(Order(), clients=1, seconds=20, requests=1))


def test_what_runs_is_ended_when_a_case_fails() -> None:
    bench = Bench(PROFILE)
    with pytest.raises(KeyError), bench:
        raise KeyError
    assert not bench.upstream.alive


def test_where_nothing_can_be_measured_nothing_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "HAS_PROC", False)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(NoStart, match="neither /proc nor"), Bench(PROFILE):
        pass


def test_settings_of_a_server_on_this_machine_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROXYCTL_LIMIT_BODY", "10")
    monkeypatch.setenv("PROXYCTL_PORT", "1")
    with Bench(PROFILE) as bench:
        assert bench.engine.alive
