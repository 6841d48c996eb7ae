"""A command's treasury: over the site's own database and key, without a server."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.cli.site import open_site
from engine.cli.vault import on_treasury
from engine.server.vault.treasury import Treasury
from tests.cli import sites

SITE = sites.GOOD + "pools: {p: {credentials: []}}\n"


async def ids(treasury: Treasury) -> list[str]:
    return [place[1] for place in treasury.keyring.stored.rows]


async def add(treasury: Treasury) -> str:
    await treasury.add({"pool": "p", "id": "a", "key": "sk-secret-123456"}, "tests")
    return str(treasury.find(("p", "a")).key)


def test_what_is_stored_is_there_the_next_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = sites.site(tmp_path / "site", a=SITE)
    assert on_treasury(open_site(root), ids) == []
    assert on_treasury(open_site(root), add) == "sk-secret-123456"
    assert on_treasury(open_site(root), ids) == ["a"]
    assert "keep a copy" in capsys.readouterr().err


def test_a_broken_site(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        on_treasury(open_site(sites.site(tmp_path / "site", a=sites.BROKEN)), ids)
