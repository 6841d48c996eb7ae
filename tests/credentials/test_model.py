"""What is compiled is not changed by a request; the defaults are the documented ones."""

import dataclasses

import pytest

from engine.credentials.model import Credential, Pool
from engine.errors import ErrorClass


def test_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Credential("a", "k").key = "other"  # type: ignore[misc]


def test_default_penalties() -> None:
    penalties = Pool("p").on_error
    assert {known.value: penalties[known].cooldown for known in penalties} == {
        "auth": 300.0,
        "rate_limit": 10.0,
        "quota": 3600.0,
    }
    assert not penalties[ErrorClass.AUTH].disable
