from __future__ import annotations

from pathlib import Path

from engine.adapters.metrics import Metrics, render
from engine.adapters.process import PAGE, ProcessNumbers


def test_a_process_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "statm").write_text("9 4 1 1 0 1 0\n")
    (tmp_path / "fd").mkdir()
    (tmp_path / "fd" / "0").touch()
    metrics = Metrics()
    ProcessNumbers(metrics, tmp_path).sample()
    found = {name: next(iter(family.series.values())).value for name, family in metrics.families.items()}
    assert found["process_resident_memory_bytes"] == 4 * PAGE and found["process_open_fds"] == 1
    assert found["process_cpu_seconds_total"] > 0 and found["proxyctl_build_info"] == 1
    assert 'proxyctl_build_info{python="' in render([metrics.families])


def test_where_the_system_does_not_say_there_is_no_series(tmp_path: Path) -> None:
    metrics = Metrics()
    ProcessNumbers(metrics, tmp_path / "none").sample()
    assert (
        "process_open_fds" not in metrics.families and "process_resident_memory_bytes" not in metrics.families
    )
