from __future__ import annotations

import pytest

from engine import __version__
from engine.cli.main import main


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["version"]) == 0
    assert capsys.readouterr().out.split()[:2] == ["proxyctl", __version__]
