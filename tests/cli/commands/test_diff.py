from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from engine.cli import remote
from engine.cli.main import main
from tests.cli.sites import BROKEN, GOOD, site

BEFORE = GOOD.replace("  smart:", "  # the good one\n  smart:")
needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="there is no git on this machine")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository whose one commit has the site."""
    root = tmp_path / "repository"
    site(root / "site", a=BEFORE)
    identity = ["-c", "user.name=t", "-c", "user.email=t@t.test", "-c", "commit.gpgsign=false"]
    for arguments in (["init", "-q", "-b", "trunk"], ["add", "."], ["commit", "-qm", "first"]):
        subprocess.run(["git", "-C", str(root), *identity, *arguments], check=True, capture_output=True)
    return root / "site"


def write(root: Path, text: str, stem: str = "a") -> None:
    (root / "routes.d" / f"{stem}.yaml").write_text(text)


@needs_git
def test_what_changed_since_the_last_commit(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = BEFORE.replace("acme/big", "{provider: acme, model: big, weight: 2}")
    text = text.replace('  "acme/*"', '  other: {targets: [demo/demo]}\n  "other/*"')
    write(repository, text)
    assert main(["--site", str(repository), "diff"]) == 2
    assert capsys.readouterr().out.splitlines() == [
        "- models.acme/*",
        "+ models.other",
        "+ models.other/*",
        "~ models.smart.targets[0].weight: 1 -> 2",
    ]
    assert main(["--site", str(repository), "diff", "trunk"]) == 2


@needs_git
def test_other_files_order_and_comments_are_no_difference(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    head, models = GOOD.split("models:\n")
    models, clients = models.split("clients:\n")
    write(repository, f"{head}# nothing else\nclients:\n{clients}")
    lines = models.splitlines(keepends=True)
    write(repository, "version: 1\nmodels:\n" + "".join(reversed(lines)), "b")
    assert main(["--site", str(repository), "diff", "HEAD"]) == 0
    assert capsys.readouterr().out == "no difference\n"


@needs_git
def test_an_unknown_commit(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--site", str(repository), "diff", "nope"]) == 1
    said = capsys.readouterr().err
    assert "there is no commit 'nope'" in said and "BASE is a commit, a directory, or 'running'" in said


@needs_git
def test_a_commit_that_does_not_validate(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(repository, BROKEN)
    subprocess.run(
        [
            "git",
            "-C",
            str(repository),
            "-c",
            "user.name=t",
            "-c",
            "user.email=t@t.test",
            "commit",
            "-qam",
            "x",
        ],
        check=True,
    )
    write(repository, GOOD)
    with pytest.raises(SystemExit) as left:
        main(["--site", str(repository), "diff"])
    assert left.value.code == 1
    assert "HEAD:site/routes.d/a.yaml:3:10" in capsys.readouterr().err


def test_no_repository(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if shutil.which("git") is None:
        pytest.skip("there is no git on this machine")
    assert main(["--site", site(tmp_path, a=GOOD), "diff"]) == 1
    assert "is in no git repository" in capsys.readouterr().err


def test_no_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["--site", site(tmp_path, a=GOOD), "diff"]) == 1
    assert "there is no git on this machine" in capsys.readouterr().err


def test_another_directory_and_masked_secrets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = GOOD.replace("${env:H8_ACME_KEY}", "hush-hush-1")
    after = GOOD.replace("${env:H8_ACME_KEY}", "hush-hush-2").replace("[web]", "[web, ops]")
    base = site(tmp_path / "base", a=before)
    now = ["--site", site(tmp_path / "now", a=after), "diff", base]
    assert main(now) == 2
    out = capsys.readouterr().out
    assert out.splitlines() == [
        "~ providers.acme.key: (secret), changed",
        "+ models.smart.access.clients[1]: ops",
    ]
    assert main([*now, "--format", "json"]) == 2
    out = capsys.readouterr().out
    assert json.loads(out)[1] == {
        "section": "models",
        "name": "smart",
        "path": "access.clients[1]",
        "kind": "added",
        "before": None,
        "after": "ops",
    }
    assert "hush" not in out
    assert main(["--site", base, "diff", base, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_boot_settings_and_prompts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = GOOD + "prompts: {hi: {file: hi.toml}}\n"
    roots = tmp_path / "base", tmp_path / "now"
    long = "and so on, " * 20
    for root, port, name in zip(roots, (1, 2), ("Ann", "Bob"), strict=True):
        site(root, a=text)
        (root / "proxyctl.yaml").write_text(f"listen: {{port: {port}}}\n")
        (root / "prompts").mkdir()
        (root / "prompts" / "hi.toml").write_text(f'[user]\ntemplate = "{long}{name} {long}"\n')
    assert main(["--site", str(roots[1]), "diff", str(roots[0])]) == 2
    first, second = capsys.readouterr().out.splitlines()
    assert first == "~ proxyctl.yaml.listen.port: 1 -> 2"
    assert second.startswith("~ prompts.hi.content.user.template: …") and "Ann" in second and "Bob" in second
    assert len(second) < 180


def test_colour_on_a_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    base = site(tmp_path / "base", a=GOOD)
    more = GOOD.replace("  demo: {targets", "  more: {targets: [demo/demo]}\n  demo: {targets")
    assert main(["--site", site(tmp_path / "now", a=more), "diff", base]) == 2
    assert capsys.readouterr().out == "\x1b[32m+ models.more\x1b[0m\n"


@pytest.mark.parametrize("broken", ["base", "now"])
def test_a_site_that_does_not_validate(
    tmp_path: Path, broken: str, capsys: pytest.CaptureFixture[str]
) -> None:
    roots = {name: site(tmp_path / name, a=BROKEN if name == broken else GOOD) for name in ("base", "now")}
    with pytest.raises(SystemExit) as left:
        main(["--site", roots["now"], "diff", roots["base"]])
    assert left.value.code == 1
    assert "did you mean 'targets'?" in capsys.readouterr().err


@pytest.mark.parametrize("now", ["nowhere", "."])
def test_no_site(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, now: str, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["--site", now, "diff"]) == 1
    assert f"there is no site in '{now}'" in capsys.readouterr().err


def test_wrong_usage_is_no_difference(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["diff", "--bogus"])
    assert left.value.code == 1
    assert "unrecognized arguments: --bogus" in capsys.readouterr().err


def test_what_the_server_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    change = {"section": "models", "name": "a", "path": "", "kind": "removed", "before": {}, "after": None}
    asked: list[Any] = []

    def call(self: remote.Remote, method: str, path: str, body: Any = None) -> Any:
        asked.append((method, path, body))
        return {"generation": "g", "changes": [change] if len(asked) == 1 else []}

    monkeypatch.setattr(remote.Remote, "call", call)
    root = site(tmp_path, a=GOOD)
    assert main(["--site", root, "diff", "running"]) == 2
    assert capsys.readouterr().out == "- models.a\n"
    assert asked == [("POST", "/admin/diff", {"files": {"routes.d/a.yaml": GOOD}, "prompts": {}})]
    assert main(["--site", root, "diff", "running"]) == 0


def test_no_server(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--site", site(tmp_path, a=GOOD), "diff", "running", "--url", "http://127.0.0.1:1"]) == 1
    assert "no server answers at http://127.0.0.1:1" in capsys.readouterr().err
