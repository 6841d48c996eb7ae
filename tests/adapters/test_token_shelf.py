from __future__ import annotations

from pathlib import Path

import pytest

from engine.adapters.safe import Safe
from engine.adapters.token_shelf import Shelf

KEY = "0123456789abcdef"


def shelf(directory: Path, key: str = "a key for tests only") -> Shelf:
    return Shelf(directory / "tokens", Safe([key], directory))


def test_what_one_puts_another_reads(tmp_path: Path) -> None:
    one, other = shelf(tmp_path), shelf(tmp_path)
    lock = one.lock(KEY)
    assert lock.take() and not other.lock(KEY).take()
    one.put(KEY, {"token": {"value": "v"}})
    assert other.read(KEY) == {"token": {"value": "v"}}
    other.drop(KEY)
    other.drop(KEY)
    assert one.read(KEY) == {}


def test_what_cannot_be_opened_is_not_there(tmp_path: Path) -> None:
    one = shelf(tmp_path)
    one.lock(KEY)
    one.put(KEY, {"a": 1})
    assert shelf(tmp_path, "another key for tests").read(KEY) == {}
    for text in ("", "[1]", "{}", "[1, 2, 3]", "nonsense"):
        (tmp_path / "tokens" / f"{KEY}.token").write_text(text)
        assert one.read(KEY) == {}


def test_a_directory_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "tokens").write_text("")
    with pytest.raises(OSError):
        shelf(tmp_path).lock(KEY).take()
