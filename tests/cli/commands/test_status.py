from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.cli import remote
from engine.cli.commands.status import moment
from engine.cli.main import main

GOOD: dict[str, Any] = {
    "generation": "g1",
    "loaded_at": 0,
    "workers": [{"pid": 7, "generation": "g1"}, {"pid": 8, "generation": "g0"}],
    "files": {"routes.d/a.yaml": {"state": "active", "since": 60, "diagnostics": []}},
}
DIAGNOSTIC = {
    "file": "routes.d/b.yaml",
    "line": 3,
    "column": 4,
    "severity": "error",
    "message": "no",
    "hint": "so",
}
BAD = {**GOOD, "files": {"routes.d/b.yaml": {"state": "rejected", "since": 60, "diagnostics": [DIAGNOSTIC]}}}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the server answers, or the exception that the call raises."""
    answers: list[Any] = []

    def call(self: remote.Remote, method: str, path: str) -> Any:
        assert (method, path) == ("GET", "/admin/config")
        if isinstance(answers[0], Exception):
            raise answers[0]
        return answers[0]

    monkeypatch.setattr(remote.Remote, "call", call)
    return answers


def test_what_is_served(server: list[Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    server.append(GOOD)
    assert main(["--site", str(tmp_path), "status"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0] == "generation  g1, loaded 1970-01-01 00:00:00Z"
    assert out[1] == "workers     7, 8 (g0)"
    assert out[-1].split() == ["routes.d/a.yaml", "active", "1970-01-01", "00:01:00Z"]


def test_a_rejected_file(server: list[Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    server.append(BAD)
    assert main(["--site", str(tmp_path), "status"]) == 1
    assert "routes.d/b.yaml:3:4: error: no (so)" in capsys.readouterr().out


def test_as_json(server: list[Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    server.append(BAD)
    assert main(["--site", str(tmp_path), "status", "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out) == BAD


def test_no_server(server: list[Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    server.append(remote.Unreachable("no server answers at x"))
    assert main(["--site", str(tmp_path), "status"]) == 1
    assert capsys.readouterr().err == "proxyctl: no server answers at x\n"


def test_moment() -> None:
    assert (moment(None), moment(0)) == ("never", "1970-01-01 00:00:00Z")


def test_how_targets_stand(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = {
        "provider": "a", "aliases": ["smart"], "breaker": "half_open", "tried_from": 1, "failures": 3,
        "in_flight": 0, "first_token": None, "whole_answer": None,
    }  # fmt: skip
    told = {"targets": {"a/m": target}, "providers": {}}
    asked: list[str] = []

    def call(self: remote.Remote, method: str, path: str) -> Any:
        asked.append(f"{method} {path}")
        return told

    monkeypatch.setattr(remote.Remote, "call", call)
    assert main(["--site", str(tmp_path), "status", "--targets"]) == 1
    assert capsys.readouterr().out.splitlines()[1].split()[:3] == ["a/m", "half", "open"]
    assert asked == ["GET /admin/targets"]
