from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.cli.exits import Exit
from engine.cli.main import main
from tests.cli import sites
from tests.e2e.test_login import Platform
from tests.e2e.upstream import TestUpstream
from tests.gateway.logins import DEVICE_FLOW


def site(tmp_path: Path, upstream: TestUpstream) -> str:
    text = DEVICE_FLOW.replace("https://login.test/device", f"{upstream.url}/device")
    text = text.replace("https://login.test/token", f"{upstream.url}/token").lstrip()
    return sites.site(tmp_path / "site", a=text)


def log_in(site: str, *arguments: str) -> int:
    try:
        return main(["--site", site, "login", *arguments])
    except SystemExit as left:
        return int(str(left.code))


def test_a_login_is_stored(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    platform = Platform()
    platform.granted = True
    with TestUpstream(platform.answer) as upstream:
        root = site(tmp_path, upstream)
        assert log_in(root, "p", "--id", "me") == Exit.GOOD
        lines = capsys.readouterr().out.splitlines()
        assert lines[:2] == ["open    https://login.test/activate", "code    ABCD-EFGH"]
        assert lines[-1].startswith("stored  acquired/me, expires ")
        assert log_in(root, "p", "--format", "json", "--id", "you") == Exit.GOOD
        told = capsys.readouterr()
        assert json.loads(told.out)["id"] == "you" and "ABCD-EFGH" in told.err
        assert log_in(root, "nope") == Exit.ERRORS
        assert "no provider 'nope'" in capsys.readouterr().err
    assert "secret" not in told.out + told.err
