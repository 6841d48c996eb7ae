"""The ring that rotations turn."""

from typing import Any

import pytest

from engine.credentials.model import Credential
from engine.credentials.strategy import turned


@pytest.mark.parametrize(("by", "order"), [(0, "abc"), (1, "bca"), (5, "cab"), (-1, "cab")])
def test_turned(by: int, order: str) -> None:
    ring = [Credential(name, None) for name in "abc"]
    assert "".join(one.id for one in turned(ring, by)) == order


class Watched(list[Credential]):
    """A pool that counts how many of its credentials are looked at."""

    seen = 0

    def __getitem__(self, index: Any) -> Any:
        self.seen += 1
        return super().__getitem__(index)


def test_stand_ins_are_found_when_they_are_asked_for() -> None:
    ring = Watched(Credential(str(number), None) for number in range(1000))
    following = iter(turned(ring, 999))
    assert (next(following).id, ring.seen) == ("999", 1)
    assert (next(following).id, ring.seen) == ("0", 2)
