from __future__ import annotations

import io
from pathlib import Path

import pytest

from engine.cli.main import main
from engine.cli.pools import credentials_in, current_vault
from engine.cli.site import open_site
from tests.cli import sites

SITE = """version: 1
providers:
  up: {dialect: mock, base_url: "scripted:", pool: p, headers: {x-team: "${env:H4_TEAM}"}}
  own: {dialect: mock, base_url: "scripted:", key: own-key-123}
pools:
  p: {credentials: [{id: declared, key: declared/key}, {directory: creds, format: json, key: =token}]}
models: {m: {targets: [up/m, own/m]}}
"""


def test_credentials_of_the_site_of_files_and_of_the_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("H4_TEAM", "team-secret")
    root = sites.site(tmp_path, a=SITE)
    (tmp_path / "creds").mkdir()
    (tmp_path / "creds" / "one.json").write_text('{"token": "token-of-file"}')
    monkeypatch.setattr("sys.stdin", io.StringIO("stored-key-1\n"))
    assert main(["--site", root, "credentials", "add", "p", "mine"]) == 0
    site = open_site(root)
    vault = current_vault(site, site.snapshot())
    found = credentials_in(site.snapshot(), vault)
    assert {
        "declared/key",
        "declared%2Fkey",
        "token-of-file",
        "stored-key-1",
        "own-key-123",
        "team-secret",
    } <= {*found}
    assert list(found) == sorted(found, key=len, reverse=True)
