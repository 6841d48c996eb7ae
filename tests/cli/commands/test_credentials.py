from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from engine.cli.exits import Exit
from engine.cli.main import main
from tests.cli import sites

SITE = sites.GOOD.replace(
    "acme: {dialect: mock", "up: {dialect: mock, base_url: 'scripted:', pool: p}\n  acme: {dialect: mock"
)
SITE += "pools: {p: {credentials: [{id: declared, key: '${env:H5_KEY:-declared-key}'}]}}\n"
SECRET = "sk-secret-123456-abcd"


class Shell:
    def __init__(
        self, site: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.site, self._capsys, self._monkeypatch = site, capsys, monkeypatch
        self.said = ""

    def __call__(self, *arguments: str, typed: str = "") -> tuple[int, str, str]:
        """Exit code, standard output and standard error of `proxyctl credentials …`."""
        self._monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        try:
            code = main(["--site", self.site, "credentials", *arguments])
        except SystemExit as left:
            code = int(str(left.code))
        out, err = self._capsys.readouterr()
        self.said += out + err
        return code, out, err

    def listed(self) -> dict[str, Any]:
        code, out, err = self("list", "--format", "json", "--url", "http://127.0.0.1:1")
        assert code == Exit.GOOD, err
        return {each["id"]: each for each in json.loads(out)["credentials"]}

    def files(self) -> bytes:
        found = (path for path in (Path(self.site) / ".proxyctl").rglob("*") if path.is_file())
        return b"".join(path.read_bytes() for path in found)


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(sites.site(tmp_path / "site", a=SITE), capsys, monkeypatch)


def test_added_listed_and_deleted(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "extra").write_text("the-session-token\n")
    code, out, err = shell(
        "add", "p", "mine", "--model", "m-*", "--weight", "2", "--expires", "2030-01-01", "--limits", "{rpm: 5}",
        "--set", f"session={tmp_path / 'extra'}", "--set", "region:=eu", typed=f"{SECRET}\n",
    )  # fmt: skip
    assert (code, out) == (Exit.GOOD, "p/mine added\n"), err
    assert "keep a copy" in err
    found = shell.listed()
    assert {name: (each["source"], each["state"]) for name, each in found.items()} == {
        "declared": ("site", "ready"),
        "mine": ("stored", "ready"),
    }
    mine = found["mine"]
    assert (mine["key"], mine["names"], mine["weight"], mine["models"]) == (
        "…abcd", ["region", "session"], 2.0, ["m-*"],
    )  # fmt: skip
    assert SECRET.encode() not in shell.files() and b"the-session-token" not in shell.files()
    code, _, err = shell("add", "p", "mine", typed=f"{SECRET}\n")
    assert (code, "already" in err) == (Exit.ERRORS, True)
    assert shell("add", "p", "mine", "--replace", typed="another-key\n")[0] == Exit.GOOD
    assert shell("delete", "p", "mine")[1] == "p/mine deleted\n"
    assert shell("delete", "p", "mine")[0] == Exit.ERRORS
    assert SECRET not in shell.said


def test_disabled_and_enabled(shell: Shell) -> None:
    assert shell("disable", "p", "declared", "--reason", "leaked")[1] == "p/declared disabled\n"
    each = shell.listed()["declared"]
    assert (each["state"], each["why"]) == ("disabled", "leaked")
    _, out, err = shell("list", "--url", "http://127.0.0.1:1")
    assert "disabled" in out and "leaked" in out and "not known" in err
    shell("enable", "p", "declared")
    assert shell.listed()["declared"]["state"] == "ready"


def test_tried(shell: Shell) -> None:
    assert shell("test", "p", "declared")[:2] == (Exit.GOOD, "p/declared works at up\n")
    code, out, _ = shell("test", "p", "declared", "--operation", "nope")
    assert (code, "does not work: upstream: " in out, "no operation 'nope'" in out) == (
        Exit.ERRORS,
        True,
        True,
    )
    code, _, err = shell("test", "p", "nobody")
    assert (code, err) == (Exit.ERRORS, "proxyctl: pool 'p' has no credential 'nobody'\n")


@pytest.mark.parametrize(
    ("arguments", "typed", "message"),
    [
        (("nope", "a"), "k", "no pool 'nope'"),
        (("p", "a"), "", "no_key|needs a `key`"),
        (("p", "declared"), "k", "stands in the site's files"),
        (("p", "a", "--limits", "{rpm: none}"), "k", "limits: "),
        (("p", "a", "--expires", "soon"), "k", "no time"),
        (("p", "a", "--set", "x"), "k", "NAME=FILE"),
        (("p", "a", "--key-file", "/nope"), "", "No such file"),
    ],
)
def test_refused(shell: Shell, arguments: tuple[str, ...], typed: str, message: str) -> None:
    code, _, err = shell("add", *arguments, typed=f"{typed}\n")
    assert code == Exit.ERRORS
    assert any(part in err for part in message.split("|")), err


def test_keys_are_changed(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    shell("add", "p", "mine", typed=f"{SECRET}\n")
    code, out, _ = shell("rekey")
    assert (code, out.startswith("1 credential encrypted with key ")) == (Exit.GOOD, True)
    assert shell.listed()["mine"]["state"] == "ready"
    monkeypatch.setenv("PROXYCTL_SECRET_KEY", "another key altogether")
    lost = shell.listed()["mine"]
    assert lost["state"] == "unreadable" and "another key" in lost["why"]
    code, out, _ = shell("rekey")
    assert (code, "0 credentials" in out, "p/mine: it is encrypted with another key" in out) == (
        Exit.ERRORS, True, True,
    )  # fmt: skip
    monkeypatch.delenv("PROXYCTL_SECRET_KEY")
    assert shell.listed()["mine"]["state"] == "ready", "nothing is lost"
    key = (Path(shell.site) / ".proxyctl" / "key").read_text().split()[0]
    monkeypatch.setenv("PROXYCTL_SECRET_KEY", f"another key altogether, {key}")
    assert shell("rekey")[0] == Exit.GOOD
    monkeypatch.setenv("PROXYCTL_SECRET_KEY", "another key altogether")
    assert shell.listed()["mine"]["state"] == "ready"
    assert SECRET not in shell.said
