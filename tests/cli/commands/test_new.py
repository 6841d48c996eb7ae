from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from engine.cli.main import main
from engine.cli.starters import KINDS
from tests.cli.sites import BROKEN, GOOD, site


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("H8_ACME_KEY", raising=False)
    return Path(site(tmp_path, a=GOOD))


@pytest.mark.parametrize("kind", KINDS)
def test_a_starter_is_printed_and_nothing_is_written(
    root: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--site", str(root), "new", kind]) == 0
    out = capsys.readouterr().out
    assert out.startswith("# yaml-language-server: $schema=../schemas/route.schema.json\n")
    assert f"  my-{kind}:" in out
    assert [path.name for path in (root / "routes.d").iterdir()] == ["a.yaml"]
    (root / "routes.d" / "b.yaml").write_text(out)
    assert main(["--site", str(root), "validate"]) == 0


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_written_is_validated_at_once(
    root: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--site", str(root), "new", kind, "fresh", "--write"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"wrote    {root}/routes.d/fresh.yaml\n")
    assert "1 file, no problems" in out or (kind == "prompt" and "prompt 'fresh' is never used" in out)
    assert main(["--site", str(root), "validate"]) == 0


def test_a_provider_like_a_dialect(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--site", str(root), "new", "provider", "fast", "--like", "groq", "--write"]) == 0
    assert 'base_url: "https://api.groq.com/openai/v1"' in (root / "routes.d" / "fast.yaml").read_text()
    assert main(["--site", str(root), "explain", "fast/llama", "--mock-env"]) == 0
    assert "api.groq.com" in capsys.readouterr().out


def test_nothing_is_overwritten(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--site", str(root), "new", "client", "a", "--write"]) == 1
    assert "a.yaml is there already, nothing was written" in capsys.readouterr().err
    assert (root / "routes.d" / "a.yaml").read_text() == GOOD
    assert main(["--site", str(root), "new", "client", "a"]) == 0


def test_a_name_that_is_taken(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--site", str(root), "new", "provider", "acme"]) == 1
    said = capsys.readouterr().err
    assert "provider 'acme' is declared in routes.d/a.yaml:4 already; choose another NAME" in said


def test_a_pattern_that_nobody_knows(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--site", str(root), "new", "provider", "x", "--like", "opnai"]) == 2
    assert "there is no dialect 'opnai'; did you mean 'openai'?" in capsys.readouterr().err


def test_a_kind_that_there_is_not(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["--site", str(root), "new", "thing"])
    assert left.value.code == 2
    assert "invalid choice: 'thing'" in capsys.readouterr().err


def test_what_does_not_go_together_with_the_site(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "routes.d" / "b.yaml").write_text('version: 1\nmodels: {"fast/*": {targets: ["demo/*"]}}\n')
    assert main(["--site", str(root), "new", "provider", "fast", "--write"]) == 1
    assert "model 'fast/*' is already declared" in capsys.readouterr().err
    assert not (root / "routes.d" / "fast.yaml").exists()


def test_the_key_of_a_client_is_shown_once(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--site", str(root), "new", "client", "app", "--write"]) == 0
    shown = capsys.readouterr()
    key = shown.err.split()[-1]
    text = (root / "routes.d" / "app.yaml").read_text()
    assert key.startswith("pk-") and key not in text + shown.out
    assert f"sha256:{hashlib.sha256(key.encode()).hexdigest()}" in text


def test_names_of_files_are_plain(root: Path) -> None:
    for name, file in (("team/gpt-4.1*", "team-gpt-4-1"), ("x.test", "x-test")):
        assert main(["--site", str(root), "new", "model", name, "--write"]) == 0
        assert (root / "routes.d" / f"{file}.yaml").exists()


def test_a_site_without_anything(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--site", str(tmp_path), "new", "model", "--write"]) == 1
    assert "make one first: proxyctl new provider NAME --write" in capsys.readouterr().err
    assert main(["--site", str(tmp_path), "new", "provider", "first", "--write"]) == 0
    assert (tmp_path / "routes.d" / "first.yaml").exists()


def test_a_site_with_faults_of_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = site(tmp_path, a=BROKEN)
    assert main(["--site", root, "new", "provider", "fresh", "--write"]) == 0
    assert "1 file, no problems" in capsys.readouterr().out
