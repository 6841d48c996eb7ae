from __future__ import annotations

from pathlib import Path

import pytest

from engine.adapters.metrics import Metrics, to_data
from engine.server.board import FEW_DEAD, Board
from engine.server.numbers import RESTS, WorkerNumbers

DEAD = 2**22 + 1


@pytest.fixture
def board(tmp_path: Path) -> Board:
    made = Board(tmp_path)
    made.prepare()
    made.report("gen1")
    return made


def written_by(board: Board, pid: int, metrics: Metrics) -> Board:
    other = Board(board.directory)
    other.pid = pid
    other.write_numbers(to_data(metrics.families))
    return other


def some(amount: float, gauge: float) -> Metrics:
    metrics = Metrics()
    metrics.counter("n_total", {}).add(amount)
    metrics.histogram("s", {}).observe(0.1)
    metrics.gauge("proxyctl_requests_in_flight", {}).set(gauge)
    metrics.gauge("process_open_fds", {"pid": "7"}).set(9)
    return metrics


def lines(numbers: WorkerNumbers) -> list[str]:
    return numbers.text({}, 0.0, {}).splitlines()


def test_counts_of_the_dead_stay_and_their_gauges_do_not(board: Board) -> None:
    other = written_by(board, 1, some(5, 3))
    other.report("gen1")
    numbers = WorkerNumbers(board, some(1, 0), lambda: 2)
    assert {"n_total 6", "s_count 2", "proxyctl_requests_in_flight 5", "proxyctl_workers 2"} <= set(
        lines(numbers)
    )
    other.forget(1)
    told = lines(numbers)
    assert {"n_total 6", "s_count 2", "proxyctl_requests_in_flight 2", "proxyctl_workers 1"} <= set(told)
    assert (
        sum(line.startswith("process_open_fds{") for line in told) == 2
    )  # this process, and the made-up one


def test_what_was_shown_is_on_the_board(board: Board) -> None:
    metrics = some(1, 0)
    shown = WorkerNumbers(board, metrics, lambda: 0).text({}, 0.0, {})
    board.forget(board.pid)
    successor = Board(board.directory)
    successor.pid = DEAD
    assert "n_total 1" in shown.splitlines()
    assert "n_total 1" in lines(WorkerNumbers(successor, Metrics(), lambda: 0))


def test_what_has_not_changed_is_written_now_and_then(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    metrics, running, written = some(1, 0), [0], list[object]()
    monkeypatch.setattr(board, "write_numbers", written.append)
    numbers = WorkerNumbers(board, metrics, lambda: running[0])
    for _ in range(RESTS):
        numbers.look()
    assert len(written) == 1
    numbers.look()
    assert len(written) == 2
    metrics.counter("n_total", {}).add(1)
    numbers.look()
    running[0] = 1
    numbers.look()
    metrics.histogram("s", {}).observe(0.1)
    numbers.look()
    numbers.look()
    assert len(written) == 5


def test_what_could_not_be_written_is_tried_again(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(rows: object) -> None:
        raise OSError("no space left on device")

    numbers = WorkerNumbers(board, some(1, 0), lambda: 0)
    with monkeypatch.context() as patch:
        patch.setattr(board, "write_numbers", full)
        with pytest.raises(OSError, match="no space left"):
            numbers.look()
    numbers.look()
    assert len(list((board.directory / "numbers").iterdir())) == 1


def test_a_leader_makes_one_of_many_dead_and_nothing_falls(board: Board) -> None:
    for number in range(FEW_DEAD + 1):
        written_by(board, DEAD + number, some(1, 1))
    numbers = WorkerNumbers(board, Metrics(), lambda: 0)
    before = [line for line in lines(numbers) if line.startswith(("n_total", "s_"))]
    assert board.lead()
    numbers.write()
    board.step_down()
    assert [line for line in lines(numbers) if line.startswith(("n_total", "s_"))] == before
    assert f"n_total {FEW_DEAD + 1}" in before
    assert len(list((board.directory / "numbers").iterdir())) == 1


def test_files_are_told_by_state(board: Board) -> None:
    files = {"a.yaml": {"state": "active"}, "b.yaml": {"state": "rejected"}}
    told = WorkerNumbers(board, Metrics(), lambda: 0).text(files, 5.5, {}).splitlines()
    assert "proxyctl_config_last_reload_successful 0" in told
    assert "proxyctl_config_loaded_timestamp_seconds 5.5" in told
    assert 'proxyctl_config_files{state="rejected"} 1' in told
    assert "# TYPE process_cpu_seconds_total counter" in told


def test_a_full_disk_hides_no_numbers(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(rows: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(board, "write_numbers", full)
    assert "n_total 1" in lines(WorkerNumbers(board, some(1, 0), lambda: 0))
