from __future__ import annotations

from pathlib import Path

import pytest

from engine.cli.main import main


def test_a_new_site_validates_and_passes_its_test(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = tmp_path / "new"
    assert main(["init", str(root)]) == 0
    written = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    assert {"proxyctl.yaml", "routes.d/demo.yaml", "routes.d/demo.test.yaml", ".gitignore"} <= written
    assert "schemas/route.schema.json" in written
    assert main(["--site", str(root), "validate", "--strict"]) == 0
    assert main(["--site", str(root), "test"]) == 0
    assert "1 test passed, 0 failed" in capsys.readouterr().out


def test_the_platforms_of_the_example_validate_too(tmp_path: Path) -> None:
    assert main(["init", str(tmp_path)]) == 0
    example = tmp_path / "routes.d" / "platforms.yaml.example"
    example.rename(example.with_suffix(""))
    assert main(["--site", str(tmp_path), "validate", "--strict"]) == 0


def test_what_is_there_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "proxyctl.yaml").write_text("workers: 2\n")
    assert main(["init", str(tmp_path)]) == 0
    assert (tmp_path / "proxyctl.yaml").read_text() == "workers: 2\n"
    assert f"kept     {tmp_path}/proxyctl.yaml" in capsys.readouterr().out


def test_a_file_is_no_directory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    assert main(["init", str(tmp_path / "file")]) == 2
    assert "not a directory" in capsys.readouterr().err
