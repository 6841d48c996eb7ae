from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from engine.server.board import FEW_DEAD, Board


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
    assert board.numbers_of_others() == [([], False), ([["n"]], False)]


def test_numbers_of_the_living_are_told_apart(board: Board) -> None:
    board.report("g1")
    earlier = Board(board.directory)  # of a worker that had the pid of this one
    earlier.write_numbers([["old"]])
    board.write_numbers([["mine"]])
    assert board.numbers_of_others()[1:] == [([["old"]], True)]


def test_of_many_dead_workers_one_file_is_made(board: Board) -> None:
    boards = [Board(board.directory) for _ in range(FEW_DEAD + 1)]
    for number, other in enumerate(boards):
        other.pid = 2**22 + 1 + number
        other.write_numbers([number])

    def merge(rows: Sequence[list[int]]) -> list[int]:
        return [number for part in rows for number in part]

    def all_numbers() -> list[int]:
        return sorted(number for each in board.numbers_of_others() for number in each.rows)

    before = all_numbers()
    board.bury_numbers(merge)
    assert all_numbers() == before and list((board.directory / "numbers").iterdir()) == []
    boards[0].write_numbers([0])  # was not taken away yet, as when the leader died in between
    board.bury_numbers(merge)
    assert all_numbers() == before


def test_few_dead_workers_are_left_as_they_are(board: Board) -> None:
    other = Board(board.directory)
    other.pid = 2**22 + 1
    other.write_numbers([1])
    board.bury_numbers(lambda rows: pytest.fail("nothing to bury"))
    assert len(list((board.directory / "numbers").iterdir())) == 1


def test_a_demand_is_answered_once(board: Board) -> None:
    board.ask("one")
    assert list(board.asked()) == ["one"] and board.take_answer("one") is None
    board.answer("one", {"result": "accepted"})
    assert list(board.asked()) == []
    assert board.take_answer("one") == {"result": "accepted"} and board.take_answer("one") is None


def test_a_directory_that_is_gone_is_no_fault(tmp_path: Path) -> None:
    board = Board(tmp_path / "gone")
    assert (list(board.asked()), board.workers(), board.numbers_of_others()) == ([], [], [([], False)])


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


async def test_the_last_one_waits_for_the_others(board: Board) -> None:
    board.report("g")
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        there = Board(board.directory)
        there.pid = other.pid
        there.report("g")
        await board.outlast(0.01, lambda: False)  # not for ever
        await board.outlast(60.0, lambda: True)  # nor when told to hurry
        waiting = asyncio.create_task(board.outlast(60.0, lambda: False))
        await asyncio.sleep(0)
        assert not waiting.done()
        other.communicate(b"\n")
        await waiting
