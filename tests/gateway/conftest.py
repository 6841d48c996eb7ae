"""Fixtures of the gateway's tests."""

from __future__ import annotations

import pytest

from tests.gateway import playbook


@pytest.fixture(params=["pulled", "poured"])
def both_ways(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Streams are the same, pulled piece by piece or poured."""
    monkeypatch.setattr(playbook, "poured", request.param == "poured")
    return str(request.param)
