from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.server.board import Board


@pytest.fixture
def board(tmp_path: Path) -> Board:
    made = Board(tmp_path / "run")
    made.prepare()
    return made


def test_what_is_published_is_read_back_and_noticed(board: Board) -> None:
    assert board.accepted() is None and board.published_at() is None
    board.publish({"generation": "a"})
    first = board.published_at()
    assert board.accepted() == {"generation": "a"} and first is not None
    board.publish({"generation": "a"})
    assert board.published_at() != first


def test_nobody_else_can_read_it(board: Board) -> None:
    board.publish({})
    board.report("g")
    assert (board.directory / "accepted.json").stat().st_mode & 0o777 == 0o600
    assert (board.directory / "workers").stat().st_mode & 0o777 == 0o700


def test_one_leads_until_it_steps_down(board: Board) -> None:
    other = Board(board.directory)
    assert board.lead() and board.lead() and not other.lead()
    board.step_down()
    assert other.lead()
    other.step_down()


def test_the_lead_ends_with_the_process(board: Board) -> None:
    code = f"from pathlib import Path; from engine.server.board import Board; assert Board(Path({str(board.directory)!r})).lead()"
    subprocess.run([sys.executable, "-c", code], check=True)
    assert board.lead()
    board.step_down()


def test_the_living_are_listed(board: Board) -> None:
    board.report("g1")
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    dead = Board(board.directory)
    dead.pid = ended.pid
    dead.report("g0")
    assert [(row["pid"], row["generation"]) for row in board.workers()] == [(os.getpid(), "g1")]
    board.forget(os.getpid())
    board.forget(os.getpid())
    assert board.workers() == []


def test_numbers_of_the_others_stay_when_they_die(board: Board) -> None:
    other = Board(board.directory)
    other.pid = 2**22 + 1
    other.write_numbers([["n"]])
    other.forget(other.pid)
    board.write_numbers([["mine"]])
    assert board.numbers_of_others() == [[["n"]]]


def test_a_demand_is_answered_once(board: Board) -> None:
    board.ask("one")
    assert list(board.asked()) == ["one"] and board.take_answer("one") is None
    board.answer("one", {"result": "accepted"})
    assert list(board.asked()) == []
    assert board.take_answer("one") == {"result": "accepted"} and board.take_answer("one") is None


def test_a_directory_that_is_gone_is_no_fault(tmp_path: Path) -> None:
    board = Board(tmp_path / "gone")
    assert (list(board.asked()), board.workers(), board.numbers_of_others()) == ([], [], [])


def test_a_signal_waits_for_no_answer(board: Board) -> None:
    board.ask("hangup-1")
    assert list(board.asked()) == ["hangup-1"]
    board.answer("hangup-1", {})
    assert list((board.directory / "asked").iterdir()) == []


def test_the_last_one_takes_the_directory_away(board: Board) -> None:
    other = Board(board.directory)
    other.pid = os.getppid()
    board.report("g")
    other.report("g")
    board.forget(board.pid)
    board.remove_when_left()
    assert board.directory.exists()
    other.forget(other.pid)
    other.remove_when_left()
    assert not board.directory.exists()
