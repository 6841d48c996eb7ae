from __future__ import annotations

from pathlib import Path

import pytest

from engine.cli.main import main
from engine.config.settings import boot_settings
from engine.server import serve as serving
from engine.server.startup import Plan
from tests.cli.sites import BROKEN, GOOD, site


def test_every_boot_setting_is_a_flag(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["serve", "--help"])
    out = " ".join(capsys.readouterr().out.split())
    assert all(f"{setting.flag} VALUE" in out and setting.variable in out for setting in boot_settings())


def test_flags_are_the_plan_s_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plans: list[tuple[Plan, bool]] = []

    def serve(plan: Plan, *, allow_partial: bool, show: object) -> int:
        plans.append((plan, allow_partial))
        return 0

    monkeypatch.setattr(serving, "serve", serve)
    root = site(tmp_path, a=GOOD)
    assert main(["--site", root, "serve", "--port", "0", "--log-level", "error", "--allow-partial"]) == 0
    ((plan, partial),) = plans
    assert (plan.settings.port, plan.settings.log.level, plan.site, partial) == (0, "error", Path(root), True)
    assert plan.flags["port"] == "0" and plan.flags["host"] is None


def test_a_wrong_flag_is_told_before_anything_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--site", site(tmp_path, a=GOOD), "serve", "--port", "many"]) == 2
    assert "--port" in capsys.readouterr().err


def test_a_broken_site_is_not_served(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--site", site(tmp_path, a=GOOD, b=BROKEN), "serve", "--port", "0"]) == 1
    err = capsys.readouterr().err
    assert "did you mean 'targets'?" in err and "nothing is served" in err


def test_an_open_door_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = GOOD[: GOOD.index("\nclients:") + 1].replace(", access: {clients: [web]}", "")
    assert main(["--site", site(tmp_path, a=text), "serve", "--host", "0.0.0.0", "--port", "0"]) == 1
    assert "auth: none" in capsys.readouterr().err
