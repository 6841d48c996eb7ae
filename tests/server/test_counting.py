from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path

import pytest

from engine.adapters.counters import LocalCounters
from engine.adapters.shared_counters import SharedCounters
from engine.adapters.telemetry import SystemTelemetry
from engine.ports import Take
from engine.server import counting
from engine.server.counting import Counting, begin_anew, check, machine_counters
from engine.server.startup import StartRefused
from engine.spec.settings import Settings
from tests.adapters.counting import tries


def test_workers_of_a_machine_share_a_file(tmp_path: Path) -> None:
    lines: list[str] = []
    telemetry = SystemTelemetry(write=lines.append)
    shared = machine_counters(tmp_path, telemetry)
    assert isinstance(shared, SharedCounters) and not lines
    shared.close()
    assert isinstance(machine_counters(tmp_path / "nowhere", telemetry), LocalCounters)
    assert "no counters in common" in lines[0] and "No such file" in lines[0]


def test_a_start_takes_back_what_was_marked_for_good(tmp_path: Path) -> None:
    before = SharedCounters(tmp_path / "counters")
    before.mark("g", "n", float("inf"))
    before.next("turn")
    before.close()
    begin_anew(tmp_path)
    after = SharedCounters(tmp_path / "counters")
    assert after.marks("g") == {} and after.next("turn") == 1
    after.close()
    begin_anew(tmp_path / "nowhere")


async def test_without_a_redis_its_client_is_not_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "import_module", None)
    own = Counting(Settings(), tmp_path, SystemTelemetry())
    await own.start()
    await own.run()
    await own.aclose()
    assert own.state == "machine" and own.counters.next("k") == 0
    await own.aclose()
    assert machine_counters(tmp_path, SystemTelemetry()).next("k") == 1


async def test_with_a_redis(tmp_path: Path, redis_url: str) -> None:
    settings = replace(Settings(), state=redis_url)
    check(settings)
    one, other = (Counting(settings, tmp_path / name, SystemTelemetry(write=lambda _: None)) for name in "ab")
    for each in (one, other):
        await each.start()
    assert one.state == "redis"
    take = Take("k", 3, 60.0)
    assert await tries(one.counters, 2, take) + await tries(other.counters, 2, take) == 3
    for each in (one, other):
        await each.aclose()


def test_a_redis_without_its_client_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "find_spec", lambda name: None)
    check(Settings())
    with pytest.raises(StartRefused, match=r"pip install 'proxyctl\[redis\]'"):
        check(replace(Settings(), state="redis://localhost"))
    assert importlib.util.find_spec("redis")


def test_what_is_no_redis_is_refused() -> None:
    with pytest.raises(StartRefused, match="redis://"):
        check(replace(Settings(), state="memcached://localhost"))
