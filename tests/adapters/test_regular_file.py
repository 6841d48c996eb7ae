from __future__ import annotations

import os
import sys
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


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_a_file_that_does_not_tell_its_size() -> None:
    told = read_regular("/proc/self/stat", 10_000)
    assert told.startswith(b"%d (" % os.getpid()) and told.endswith(b"\n")
    with pytest.raises(OSError, match="larger than 9 bytes"):
        read_regular("/proc/self/stat", 9)
