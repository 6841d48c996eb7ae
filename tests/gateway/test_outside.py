"""The outside is one frozen value: nobody swaps a port behind a request's back."""

import dataclasses
from typing import Any

import pytest

from engine.gateway.outside import Outside


def test_frozen() -> None:
    port: Any = object()
    with pytest.raises(dataclasses.FrozenInstanceError):
        Outside(port, port, port, port, port).clock = port  # type: ignore[misc]
