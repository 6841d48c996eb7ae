from __future__ import annotations

from pathlib import Path

import pytest

from engine.cli.exits import Exit
from engine.cli.site import open_site
from engine.cli.storage import on_storage, whoever
from engine.storage.audit import listed
from engine.storage.database import Database, Refused
from tests.cli import sites


def test_work_is_done_on_a_database_that_is_there(tmp_path: Path) -> None:
    site = open_site(sites.site(tmp_path / "site", a=sites.GOOD))
    assert on_storage(site, listed) == []
    assert (site.root / ".proxyctl" / "ledger.db").exists()
    assert whoever().startswith("cli")


@pytest.mark.parametrize("storage", ["off", "sqlite:////nowhere/at/all.db"])
def test_without_a_database_it_is_one_line(
    tmp_path: Path, storage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    site = open_site(sites.site(tmp_path / "site", a=sites.GOOD), flags={"storage": storage})
    with pytest.raises(SystemExit) as left:
        on_storage(site, listed)
    assert left.value.code == Exit.ERRORS
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize("flags", [{"storage": "oracle://me:hush@h/x"}, {}])
def test_where_it_is_not_known_which_is_meant_no_other_is_taken(
    tmp_path: Path, flags: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    made = sites.site(tmp_path / "site", a=sites.GOOD)
    if not flags:
        Path(made, "proxyctl.yaml").write_text("storage: ${env:NOT_SET}\n")
    site = open_site(made, flags=flags)
    with pytest.raises(SystemExit) as left:
        on_storage(site, listed)
    assert left.value.code == Exit.ERRORS
    told = capsys.readouterr().err
    assert len(told.splitlines()) == 1 and ("--storage" in told or "NOT_SET" in told)
    assert "hush" not in told and not (site.root / ".proxyctl").exists()


def test_what_is_refused_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def refuse(database: Database) -> None:
        raise Refused("not this")

    with pytest.raises(SystemExit):
        on_storage(open_site(sites.site(tmp_path / "site", a=sites.GOOD)), refuse)
    assert capsys.readouterr().err == "proxyctl: not this\n"
