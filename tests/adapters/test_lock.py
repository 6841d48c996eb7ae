"""Two holders of one file stand for two processes: a lock belongs to the open file."""

from pathlib import Path

import pytest

from engine.adapters.lock import FileLock


def test_one_of_many_holds_it(tmp_path: Path) -> None:
    one, other = FileLock(tmp_path / "lock"), FileLock(tmp_path / "lock")
    assert one.take() and one.take() and one.held
    assert not other.take() and not other.held
    one.release()
    one.release()
    assert not one.held and other.take()


def test_there_must_be_a_place_for_it(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        FileLock(tmp_path / "missing" / "lock").take()
