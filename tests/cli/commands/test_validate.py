from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.cli.main import main
from tests.cli.sites import BROKEN, GOOD, UNTIDY, site


def test_a_good_site(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--site", site(tmp_path, a=GOOD), "validate", "--strict"]) == 0
    assert capsys.readouterr().out == "1 file, no problems\n"


def test_errors_with_place_source_and_hint(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = site(tmp_path, a=BROKEN)
    assert main(["validate", "--site", root]) == 1
    out = capsys.readouterr().out
    assert f"{root}/routes.d/a.yaml:3:10: error: " in out
    assert "  demo: {tagrets: [demo/demo]}" in out and "= did you mean 'targets'?" in out


def test_every_problem_of_every_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = site(tmp_path, a=BROKEN, b="version: 1\nmodels: {x: {targets: [nobody/m]}}\n", c="a: [")
    assert main(["--site", root, "validate", "--format", "json"]) == 1
    data = json.loads(capsys.readouterr().out)
    assert data["files"] == 3
    assert {item["file"] for item in data["diagnostics"]} == {f"routes.d/{name}.yaml" for name in "abc"}


def test_warnings_count_only_when_strict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = site(tmp_path, a=UNTIDY)
    assert main(["--site", root, "validate"]) == 0
    assert main(["--site", root, "validate", "--strict"]) == 3
    out = capsys.readouterr().out
    assert "warning" in out and "plain-text-secret" not in out


def test_github_format(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--site", site(tmp_path, a=BROKEN), "validate", "--format", "github"]) == 1
    assert capsys.readouterr().out.startswith("::error file=")


def test_secrets_are_wanted_unless_they_are_made_up(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = site(tmp_path, a=GOOD.replace(", optional: true", ""))
    assert main(["--site", root, "validate"]) == 1
    assert "H8_ACME_KEY" in capsys.readouterr().out
    assert main(["--site", root, "validate", "--mock-env"]) == 0


def test_verbose_also_tells_what_is_off(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = site(tmp_path, a=GOOD)
    assert main(["--site", root, "validate", "-v"]) == 0
    assert "note: provider 'acme' is off: missing H8_ACME_KEY" in capsys.readouterr().out
