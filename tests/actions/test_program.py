from __future__ import annotations

import pytest

from engine.actions.program import Bearer, says_yes


@pytest.mark.parametrize("value", [True, 1, "true", "True", "1", "yes", "on", "anything"])
def test_a_yes(value: object) -> None:
    assert says_yes(value)


@pytest.mark.parametrize("value", [None, False, 0, "", "false", "False", " no ", "off", "0", []])
def test_a_no(value: object) -> None:
    assert not says_yes(value)


def test_a_token_is_never_shown() -> None:
    assert "s3cret" not in repr(Bearer("s3cret"))
