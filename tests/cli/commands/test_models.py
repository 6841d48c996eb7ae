from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.cli import remote
from engine.cli.main import main
from tests.cli.sites import GOOD, site


def models(root: str, capsys: pytest.CaptureFixture[str], *flags: str) -> dict[str, dict[str, object]]:
    assert main(["--site", root, "models", "--format", "json", *flags]) == 0
    return {each["name"]: each for each in json.loads(capsys.readouterr().out)["models"]}


def test_every_alias_with_its_targets_and_whether_it_is_served(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = models(site(tmp_path, a=GOOD), capsys)
    assert list(found) == ["acme/*", "demo", "smart"]
    assert found["smart"] == {
        "name": "smart",
        "available": True,
        "targets": ["acme/big", "demo/demo"],
        "fallback": ["demo"],
        "off": {"acme": "missing H8_ACME_KEY"},
    }
    assert found["acme/*"]["available"] is False


def test_a_fallback_serves_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    more = "version: 1\nmodels: {careful: {targets: [acme/big], fallback: [next]}, next: {targets: [acme/x], fallback: [demo]}}\n"
    found = models(site(tmp_path, a=GOOD, b=more), capsys)
    assert (found["careful"]["available"], found["next"]["available"]) == (True, True)


def test_for_one_client(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = site(tmp_path, a=GOOD + "  other: {key: '${env:H8_OTHER:-k}', models: [demo]}\n")
    assert list(models(root, capsys, "--client", "web")) == ["acme/*", "demo", "smart"]
    assert list(models(root, capsys, "--client", "other")) == ["demo"]
    assert main(["--site", root, "models", "--client", "nobody"]) == 2


def test_as_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--site", site(tmp_path, a=GOOD), "models"]) == 0
    header, first, *_ = capsys.readouterr().out.splitlines()
    assert header.split() == ["MODEL", "SERVED", "TARGETS", "FALLBACK", "OFF"]
    assert first.split()[:3] == ["acme/*", "off", "acme/*"]


def test_what_the_platforms_of_a_running_server_list(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {"models": [{"name": "a/one", "alias": "a/*"}], "lists": {"a": ["one"]}}
    monkeypatch.setattr(
        remote.Remote, "call", lambda self, method, path: told if path == "/admin/models" else {}
    )
    assert main(["--site", site(tmp_path, a=GOOD), "models", "--listed"]) == 0
    text = capsys.readouterr().out
    assert "a/one" in text and "a/*" in text and "a lists 1" in text
