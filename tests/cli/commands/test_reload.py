from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.cli import remote
from engine.cli.main import main

GOOD: dict[str, Any] = {
    "result": "accepted",
    "generation": "g2",
    "loaded_at": 0,
    "changed": ["routes.d/a.yaml"],
    "rejected": [],
    "files": {},
}
DIAGNOSTIC = {
    "file": "routes.d/b.yaml",
    "line": 3,
    "column": 4,
    "severity": "error",
    "message": "no",
    "hint": None,
}
BAD = {
    **GOOD,
    "result": "rejected",
    "changed": [],
    "rejected": ["routes.d/b.yaml"],
    "files": {"routes.d/b.yaml": {"state": "rejected", "since": 0, "diagnostics": [DIAGNOSTIC]}},
}


def answer(monkeypatch: pytest.MonkeyPatch, told: Any) -> None:
    def call(self: remote.Remote, method: str, path: str) -> Any:
        assert (method, path) == ("POST", "/admin/reload")
        return told

    monkeypatch.setattr(remote.Remote, "call", call)


def test_what_changed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(monkeypatch, GOOD)
    assert main(["--site", str(tmp_path), "reload"]) == 0
    assert capsys.readouterr().out == "accepted, generation g2\n  changed: routes.d/a.yaml\n"


def test_what_was_rejected(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(monkeypatch, BAD)
    assert main(["--site", str(tmp_path), "reload"]) == 1
    assert "routes.d/b.yaml:3:4: error: no\n" in capsys.readouterr().out


def test_as_json(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer(monkeypatch, GOOD)
    assert main(["--site", str(tmp_path), "reload", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == GOOD


def test_no_server(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--site", str(tmp_path), "reload", "--url", "http://127.0.0.1:1"]) == 1
    assert "no server answers at http://127.0.0.1:1" in capsys.readouterr().err
