from __future__ import annotations

from pathlib import Path

import pytest

from engine.cli.site import open_site
from engine.snapshot.library import NoSecrets
from tests.cli.sites import BROKEN, GOOD, site


def test_a_site_is_read_and_compiled(tmp_path: Path) -> None:
    opened = open_site(site(tmp_path, a=GOOD), environment={})
    assert set(opened.snapshot().aliases.exact) == {"demo", "smart"}
    report = opened.report()
    assert (report.errors, report.files) == (0, 1)


def test_boot_settings_come_from_flags_environment_and_file(tmp_path: Path) -> None:
    root = site(tmp_path, a=GOOD)
    (tmp_path / "proxyctl.yaml").write_text("listen: {port: 1}\nworkers: 3\n")
    opened = open_site(root, flags={"port": "3"}, environment={"PROXYCTL_PORT": "2", "PROXYCTL_HOST": "::1"})
    settings = opened.snapshot().settings
    assert (settings.port, settings.host, settings.workers) == (3, "::1", 3)
    assert opened.report().files == 2


def test_a_wrong_boot_setting_is_a_problem_of_the_site(tmp_path: Path) -> None:
    opened = open_site(site(tmp_path, a=GOOD), environment={"PROXYCTL_PORT": "many"})
    assert [item.at.file for item in opened.diagnostics] == ["PROXYCTL_PORT"]


def test_a_site_with_errors_has_no_snapshot(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    opened = open_site(site(tmp_path, a=BROKEN), environment={})
    with pytest.raises(SystemExit) as left:
        opened.snapshot()
    assert left.value.code == 1
    assert "did you mean 'targets'?" in capsys.readouterr().err


def test_no_such_directory_is_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        open_site(str(tmp_path / "nowhere"))
    assert left.value.code == 2
    assert "--site" in capsys.readouterr().err


def test_an_empty_directory_is_told_apart_from_a_good_site(tmp_path: Path) -> None:
    (found,) = open_site(str(tmp_path), environment={}).diagnostics
    assert (found.code, found.is_error) == ("no-routes", False)


def test_mock_fills_in_what_is_missing(tmp_path: Path) -> None:
    root = site(tmp_path, a=GOOD)
    assert open_site(root, environment={}, secrets=NoSecrets()).snapshot().providers["acme"].off
    assert (
        open_site(root, environment={}, secrets=NoSecrets(), mock=True).snapshot().providers["acme"].off
        is None
    )


def test_variables_come_from_a_file_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = site(tmp_path, a=GOOD)
    (tmp_path / "proxyctl.yaml").write_text(
        "env_file: .env\nlisten: {port: '${env:H3_PORT:-1}', host: '${env:H3_HOST:-h}'}\n"
    )
    (tmp_path / ".env").write_text("PROXYCTL_WORKERS=3\nPROXYCTL_HOST=file\nsecret\n")
    settings = open_site(root, environment={"PROXYCTL_HOST": "outside"}).boot.settings
    assert (settings.workers, settings.host, settings.port) == (3, "outside", 1)
    assert capsys.readouterr().err == "proxyctl: .env:3: a line is NAME=VALUE\n"


def test_for_placeholders_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("H3_PORT", "")
    root = site(tmp_path, a=GOOD)
    (tmp_path / "proxyctl.yaml").write_text("env_file: .env\nlisten: {port: '${env:H3_PORT:-1}'}\n")
    (tmp_path / ".env").write_text("H3_PORT=77\n")
    assert open_site(root).boot.settings.port == 77
