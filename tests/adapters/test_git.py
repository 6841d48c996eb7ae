from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from engine.adapters import git
from engine.adapters.git import GitFailed, check_out

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="there is no git on this machine")


def run(root: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@t.test", "-c", "commit.gpgsign=false"]
    done = subprocess.run(
        ["git", "-C", str(root), *identity, *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    (root / "sites" / "a").mkdir(parents=True)
    run(root, "init", "-q")
    (root / "sites" / "a" / "f.yaml").write_text("first")
    (root / "sites" / "a" / "link.yaml").symlink_to("f.yaml")
    (root / "beside").write_text("x")
    run(root, "add", ".")
    run(root, "commit", "-qm", "first")
    (root / "sites" / "a" / "f.yaml").write_text("second")
    return root


def test_a_directory_as_a_commit_has_it(repository: Path, tmp_path: Path) -> None:
    before = run(repository, "status", "--porcelain")
    into = tmp_path / "out"
    assert check_out(repository / "sites" / "a", "HEAD", into) == "sites/a"
    assert sorted(path.name for path in into.iterdir()) == ["f.yaml", "link.yaml"]
    assert (into / "link.yaml").read_text() == "first"
    assert run(repository, "status", "--porcelain") == before


def test_the_whole_repository(repository: Path, tmp_path: Path) -> None:
    assert check_out(repository, "HEAD", tmp_path / "out") == ""
    assert (tmp_path / "out" / "beside").read_text() == "x"


def test_within_a_hook_of_another_repository(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", ".git")
    monkeypatch.setenv("GIT_INDEX_FILE", "nowhere/index")
    assert check_out(repository / "sites", "HEAD", tmp_path / "out") == "sites"


@pytest.mark.parametrize("ref", ["nope", "--all", "", "HEAD:beside"])
def test_no_such_commit(repository: Path, tmp_path: Path, ref: str) -> None:
    with pytest.raises(GitFailed, match="there is no commit"):
        check_out(repository, ref, tmp_path / "out")


def test_a_directory_that_is_new(repository: Path, tmp_path: Path) -> None:
    (repository / "new").mkdir()
    with pytest.raises(GitFailed, match="there is no directory new/ in HEAD"):
        check_out(repository / "new", "HEAD", tmp_path / "out")


def test_no_repository(tmp_path: Path) -> None:
    with pytest.raises(GitFailed, match="is in no git repository"):
        check_out(tmp_path, "HEAD", tmp_path / "out")


def test_no_git(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GitFailed, match="there is no git on this machine"):
        check_out(repository, "HEAD", tmp_path / "out")


def test_a_git_that_hangs(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(git, "TIMEOUT", 0.0)
    with pytest.raises(GitFailed, match="took longer"):
        check_out(repository, "HEAD", tmp_path / "out")
