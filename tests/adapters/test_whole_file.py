from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from engine.adapters.whole_file import write_whole


@pytest.mark.parametrize("durable", [False, True])
def test_a_file_is_replaced_and_is_for_its_owner_alone(tmp_path: Path, durable: bool) -> None:
    path = tmp_path / "a.json"
    for data in (b"a longer one", b"b"):
        write_whole(path, data, durable=durable)
        assert path.read_bytes() == data
    assert path.stat().st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path) == ["a.json"]


def test_what_fails_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "a.json"
    write_whole(path, b"old")
    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old" and os.listdir(tmp_path) == ["a.json"]
