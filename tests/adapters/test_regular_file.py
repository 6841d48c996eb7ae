from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.adapters.regular_file import read_regular


def test_a_file_within_the_limit(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"12345")
    assert read_regular(tmp_path / "f", 5) == b"12345"


def test_a_larger_file_a_pipe_and_a_directory_are_errors(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"12345")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="larger than 4 bytes"):
        read_regular(tmp_path / "f", 4)
    for other in ("pipe", ".", "missing"):
        with pytest.raises(OSError):
            read_regular(tmp_path / other, 4)
