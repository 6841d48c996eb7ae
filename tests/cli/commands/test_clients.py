from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.cli.exits import Exit
from engine.cli.main import main
from engine.snapshot.clients import digest
from tests.cli import sites

SITE = sites.GOOD + "groups: {search: {}}\n"


class Shell:
    def __init__(self, site: str, capsys: pytest.CaptureFixture[str]) -> None:
        self.site, self.capsys = site, capsys

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        """Exit code, standard output and standard error of `proxyctl clients …`."""
        try:
            code = main(["--site", self.site, "clients", *arguments])
        except SystemExit as left:
            code = int(str(left.code))
        return code, *self.capsys.readouterr()

    def json(self, *arguments: str) -> Any:
        code, out, _ = self(*arguments, "--format", "json")
        assert code == Exit.GOOD
        return json.loads(out)

    def kept(self) -> Any:
        return json.loads((Path(self.site) / ".proxyctl" / "kept" / "clients.json").read_bytes())["rows"]


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(sites.site(tmp_path / "site", a=SITE), capsys)


def test_a_key_is_shown_once(shell: Shell) -> None:
    made = shell.json(
        "create", "app", "--model", "a*", "--model", "b", "--group", "search", "--limits", "{rpm: 5}"
    )
    assert made["client"]["models"] == ["a*", "b"] and made["client"]["limits"] == {"rpm": 5}
    key = made["key"]
    assert key.startswith("pk-") and len(key) == 43
    for verb in (("list",), ("show", "app")):
        assert key not in json.dumps(shell.json(*verb))
    # The next start of a server knows it, though the database may be away then.
    assert [row["digest"] for row in shell.kept()["clients"]] == [digest(key)]
    files = [path.read_bytes() for path in (Path(shell.site) / ".proxyctl").rglob("*") if path.is_file()]
    assert not any(key.encode() in data for data in files)


def test_rotation_and_the_end(shell: Shell) -> None:
    first = shell.json("create", "app", "--expires", "90d", "--note", "n")["key"]
    rotated = shell.json("rotate", "app", "--grace", "1h")
    assert rotated["client"]["old_key_until"] and rotated["key"] != first
    assert {shell.kept()["clients"][0][name] for name in ("digest", "old_digest")} == {
        digest(first), digest(rotated["key"]),
    }  # fmt: skip
    updated = shell.json("update", "app", "--ip", "10.0.0.0/8")
    assert (updated["ips"], updated["note"]) == (["10.0.0.0/8"], "n")
    assert shell.json("revoke", "app")["state"] == "revoked" and shell.kept()["clients"] == []
    assert shell("rotate", "app") == (
        Exit.ERRORS,
        "",
        "proxyctl: the client 'app' is revoked; make another one\n",
    )
    shell.json("delete", "app")
    assert shell.json("list") == {"clients": []}


def test_for_people(shell: Shell) -> None:
    code, out, _ = shell("create", "app", "--note", "the app")
    assert code == Exit.GOOD and "key            pk-" in out and "shown this once" in out
    _, out, _ = shell("list")
    assert out.splitlines()[0].split()[:2] == ["CLIENT", "STATE"]
    assert out.splitlines()[1].split()[:3] == ["app", "active", "all"] and "the app" in out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("create", "a b"), "without spaces"),
        (("create", "web"), "declared in a route file"),
        (("create", "x", "--group", "serch"), "did you mean 'search'?"),
        (
            ("create", "x", "--limits", "{rmp: 5}"),
            "limits.rmp: unknown key 'rmp' in limits (did you mean 'rpm'?)",
        ),
        (("create", "x", "--limits", "{rpm"), "--limits: "),
        (("create", "x", "--expires", "soon"), "expires: "),
        (("rotate", "x", "--grace", "soon"), "grace: a duration"),
    ],
)
def test_what_does_not_fit(shell: Shell, arguments: tuple[str, ...], told: str) -> None:
    code, out, error = shell(*arguments)
    assert (code, out) == (Exit.USAGE, "") and told in error


def test_a_site_that_does_not_compile_still_has_keys_to_revoke(shell: Shell) -> None:
    shell.json("create", "app")
    (Path(shell.site) / "routes.d" / "b.yaml").write_text(sites.BROKEN)
    assert shell.json("revoke", "app")["state"] == "revoked"


def test_on_another_database(shell: Shell, tmp_path: Path) -> None:
    other = ("--storage", f"sqlite:///{tmp_path / 'other.db'}")
    shell.json("create", "app", *other)
    assert shell.json("list") == {"clients": []}
    assert [each["name"] for each in shell.json("list", *other)["clients"]] == ["app"]


def test_a_client_that_there_is_not(shell: Shell) -> None:
    assert shell("show", "x")[0] == Exit.ERRORS
    assert shell("nonsense")[0] == Exit.USAGE
