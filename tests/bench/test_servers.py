from __future__ import annotations

import sys
from pathlib import Path

import pytest

from engine.bench.servers import NoStart, Server, free_port, python


def web(port: int, log: Path, ready: str | None = None, patience: float = 20.0) -> Server:
    return Server("web", python("http.server", str(port)), port, log, ready=ready, patience=patience)


def test_a_server_is_there_when_it_answers_and_ends_with_its_block(tmp_path: Path) -> None:
    with web(free_port(), tmp_path / "log", "/") as server:
        assert server.alive and server.usage().memory > 2**20
        assert "GET / " in server.said()
    assert not server.alive


def test_one_that_ends_at_once_is_told_with_its_last_words(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import sys; sys.exit('no such thing')"]
    with (
        pytest.raises(NoStart, match="web did not start: no such thing"),
        Server("web", command, 1, tmp_path / "log"),
    ):
        pass


def test_one_that_is_never_ready_is_ended(tmp_path: Path) -> None:
    server = web(free_port(), tmp_path / "log", "/nowhere", patience=0.5)
    with pytest.raises(NoStart, match="did not start"), server:
        pass
    assert not server.alive


def test_it_has_the_environment_that_it_is_given(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import os, sys; sys.exit(os.environ['BENCH_WORD'])"]
    with (
        pytest.raises(NoStart, match="hello"),
        Server("s", command, 1, tmp_path / "log", env={"BENCH_WORD": "hello"}),
    ):
        pass
