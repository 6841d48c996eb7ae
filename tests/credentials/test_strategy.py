"""The ring that rotations turn."""

import pytest

from engine.credentials.model import Credential
from engine.credentials.strategy import turned


@pytest.mark.parametrize(("by", "order"), [(0, "abc"), (1, "bca"), (5, "cab"), (-1, "cab")])
def test_turned(by: int, order: str) -> None:
    ring = [Credential(name, None) for name in "abc"]
    assert "".join(one.id for one in turned(ring, by)) == order
