"""Several workers: one leads, all serve the same, the dead are replaced."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.serving import Process, one_model, serving


@pytest.fixture
def process(site: Path, tmp_path: Path) -> Iterator[Process]:
    with serving(site, tmp_path, workers=2, shutdown_grace=0.2) as running:
        yield running


def leader_of(process: Process, tmp_path: Path) -> int:
    """The worker whose lock it is."""
    run_dir = next((tmp_path / "run").iterdir())
    inode = (run_dir / "leader").stat().st_ino
    for line in Path("/proc/locks").read_text().splitlines():
        parts = line.split()
        if parts[5].endswith(f":{inode}"):
            return int(parts[4])
    raise AssertionError("nobody leads")


def test_all_workers_serve_an_edit_within_a_second(process: Process, site: Path) -> None:
    assert "2 aliases, 2 providers, 2 workers" in process.lines and len(process.pids()) == 2
    before = process.config()["generation"]
    (site / "routes.d" / "b.yaml").write_text(one_model("extra"))
    took = process.until(lambda: len(now := process.generations()) == 1 and before not in now)
    assert took < 1.5
    assert all("extra" in process.models() for _ in range(8))


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells who holds the lock")
@pytest.mark.parametrize("victim", ["leader", "follower"])
def test_a_dead_worker_is_replaced_and_a_dead_leader_followed(
    process: Process, site: Path, tmp_path: Path, victim: str
) -> None:
    leader = leader_of(process, tmp_path)
    pid = leader if victim == "leader" else next(pid for pid in process.pids() if pid != leader)
    os.kill(pid, signal.SIGKILL)
    process.until(lambda: len(process.pids()) == 2 and pid not in process.pids())
    (site / "routes.d" / "b.yaml").write_text(one_model("extra"))
    process.until(lambda: "extra" in process.models() and len(process.generations()) == 1)
    assert all("extra" in process.models() for _ in range(8))


def test_a_worker_starts_on_what_was_accepted_while_a_file_is_broken(process: Process, site: Path) -> None:
    (site / "routes.d" / "b.yaml").write_text(one_model("extra"))
    process.until(lambda: "extra" in process.models())
    (site / "routes.d" / "b.yaml").write_text("models: [")
    process.until(lambda: process.state("routes.d/b.yaml") == "rejected")
    for pid in process.pids():
        os.kill(pid, signal.SIGKILL)
        process.until(lambda pid=pid: len(process.pids()) == 2 and pid not in process.pids())
    assert all("extra" in process.models() for _ in range(8))
    assert process.state("routes.d/b.yaml") == "rejected"


def test_any_worker_can_be_asked_to_reload(process: Process, site: Path) -> None:
    for number in range(6):
        (site / "routes.d" / "b.yaml").write_text(one_model(f"extra-{number}"))
        with type(process.client)(timeout=20, trust_env=False) as client:
            client.post(f"{process.url}/admin/reload").raise_for_status()
        assert all(f"extra-{number}" in process.models() for _ in range(4))


def test_numbers_are_those_of_all_workers(process: Process) -> None:
    for _ in range(12):
        process.models()
        process.client.close()
        process.client = type(process.client)(timeout=20, trust_env=False)
        assert process.ask().status_code == 200

    def counted() -> bool:
        text = process.client.get(f"{process.url}/metrics").text
        rows = [line for line in text.splitlines() if line.startswith("proxyctl_requests_total{")]
        return sum(float(row.rpartition(" ")[2]) for row in rows) == 12

    process.until(counted)


def test_a_hangup_of_the_parent_reloads_all(process: Process) -> None:
    before = process.config()["loaded_at"]
    process.send(signal.SIGHUP)
    process.until(lambda: process.config()["loaded_at"] > before)


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_terminals_ctrl_c_ends_all_in_good_order(site: Path, tmp_path: Path, method: str) -> None:
    with serving(site, tmp_path, workers=2, shutdown_grace=5, method=method) as process:
        pids = process.pids()
        os.killpg(process.popen.pid, signal.SIGINT)
        assert process.end() == 0
    assert "Traceback" not in process.lines and "worker died" not in process.lines
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    assert list((tmp_path / "run").iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells who lives")
def test_workers_do_not_outlive_their_parent(process: Process, tmp_path: Path) -> None:
    pids = process.pids()
    process.popen.kill()

    def gone() -> bool:
        return not any(Path(f"/proc/{pid}").exists() for pid in pids)

    process.until(gone)
    assert list((tmp_path / "run").iterdir()) == []


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.parametrize("workers", [1, 3])
def test_a_signal_while_it_starts_is_not_lost(site: Path, tmp_path: Path, method: str, workers: int) -> None:
    with serving(site, tmp_path, wait=False, workers=workers, shutdown_grace=300, method=method) as process:
        process.until(lambda: any((tmp_path / "run").iterdir()))
        process.send(signal.SIGTERM)
        assert process.end() in (0, 143)
    assert list((tmp_path / "run").iterdir()) == [] and "Traceback" not in process.lines
