from __future__ import annotations

from pathlib import Path

import pytest

from engine.bench.formats import formats
from engine.bench.site import alias, environment, headers, write_site
from engine.cli.main import main


def test_the_site_is_good_and_has_a_model_for_each_format(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in environment(9).items():
        monkeypatch.setenv(name, value)
    site = str(write_site(tmp_path / "site", aliases=3))
    assert main(["--site", site, "validate", "--strict"]) == 0, capsys.readouterr().out
    assert main(["--site", site, "models"]) == 0
    listed = capsys.readouterr().out
    assert all(f"\n{name} " in listed for name in [*formats(), alias(0), alias(2)])
    assert alias(3) not in listed


def test_clients_have_the_key_of_the_site() -> None:
    assert headers() == {"authorization": f"Bearer {environment(9)['BENCH_CLIENT_KEY']}"}
