"""`proxyctl usage` on a site's database, with and without what waits for it."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from engine.adapters.clock import SystemClock
from engine.adapters.segment import segments
from engine.adapters.spool import Spool
from engine.cli.main import main
from engine.gateway.record import COLUMNS
from engine.server.clerk.collecting import Collector
from tests.server.running import Lines

FIRST: dict[str, Any] = dict.fromkeys(COLUMNS) | {
    "client": "web", "alias": "fast", "provider": "acme", "target": "acme/l", "surface": "openai-chat",
    "status": 200, "attempts": 1, "streamed": False, "aborted": False, "ms": 10.0, "prompt": 7, "cost": 0.25,
}  # fmt: skip


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "routes.d").mkdir()
    return tmp_path


def spool(site: Path, *changes: dict[str, Any]) -> Spool:
    made = Spool(site / ".proxyctl/spool", Lines())
    for change in changes:
        made.record(list((FIRST | {"at": SystemClock().now()} | change).values()))
    return made


def usage(site: Path, *flags: str) -> int:
    return main(["--site", str(site), "usage", *flags])


def test_what_waits_is_put_in_first_when_no_server_runs(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spool(site, {}, {"client": None, "cost": None}).close()
    assert usage(site, "--format", "json", "--by", "client") == 0
    told = json.loads(capsys.readouterr().out)
    assert [(row["client"], row["requests"], row["cost"]) for row in told["rows"]] == [
        ("web", 1, 0.25),
        (None, 1, None),
    ]
    assert (told["waiting"], told["total"]["unpriced"], told["by"]) == (0, 1, ["client"])
    assert segments(site / ".proxyctl/spool") == []


def test_what_a_server_has_not_written_yet_is_told(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spool(site, {}, {}).close()
    server = Collector(site / ".proxyctl/spool", Lines(), lambda: 0.0)
    assert server.claim()
    assert usage(site) == 0
    shown = capsys.readouterr()
    assert shown.out == "nothing was used\n"
    assert shown.err == "2 records still on the way to the database\n"
    server.close()


def test_every_format(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spool(site, {}, {"client": "job"}).close()
    assert usage(site, "--by", "client,model") == 0
    assert capsys.readouterr().out.splitlines()[-1].split()[:2] == ["total", "2"]
    assert usage(site, "--by", "client", "--format", "plot", "--measure", "requests") == 0
    assert "█" in capsys.readouterr().out
    assert usage(site, "--by", "client", "--client", "job", "--format", "csv") == 0
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert (row["client"], row["prompt"], row["cost"], row["output"]) == ("job", "7", "0.25", "")


def test_an_empty_site_used_nothing(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert usage(site) == 0 and capsys.readouterr().out == "nothing was used\n"


@pytest.mark.parametrize("flags", [["--since", "soon"], ["--by", "colour"], ["--by", "day,month"]])
def test_wrong_usage(site: Path, capsys: pytest.CaptureFixture[str], flags: list[str]) -> None:
    assert usage(site, *flags) == 2
    assert capsys.readouterr().err.startswith("proxyctl: ")


def test_a_database_that_is_away_or_off(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for storage, reason in (("postgresql://me:hush@127.0.0.1:1/x", "127.0.0.1:1"), ("off", "storage: off")):
        with pytest.raises(SystemExit) as left:
            usage(site, "--storage", storage)
        shown = capsys.readouterr().err
        assert left.value.code == 1 and reason in shown and "hush" not in shown
