from __future__ import annotations

from typing import Any

import pytest

from engine.storage import profiles
from engine.storage.database import Database, Refused


def args(owner: str = "ann", at: float = 100.0, **more: Any) -> dict[str, Any]:
    return {"space": "main", "owner": owner, "at": at, **more}


async def test_what_one_sets_is_for_oneself(database: Database) -> None:
    assert await profiles.shown(database, args()) is None
    mine = {"data": {"preset": "glm", "max_tokens": 5}, "sealed": "c1pher", "key_id": "ab"}
    made = await profiles.change(database, args(**mine))
    assert made == {"owner": "ann", **mine, "created": 100.0, "updated": 100.0}
    assert await profiles.shown(database, args()) == made
    for other in (args("ANN"), args("ann "), args(space="other")):
        assert await profiles.shown(database, other) is None


async def test_a_change_replaces_all_of_it(database: Database) -> None:
    await profiles.change(database, args(data={"preset": "glm"}, sealed="c1pher", key_id="ab"))
    changed = await profiles.change(database, args(at=200.0, data={"url": "https://x"}))
    assert changed == {
        "owner": "ann", "data": {"url": "https://x"}, "sealed": None, "key_id": None,
        "created": 100.0, "updated": 200.0,
    }  # fmt: skip


@pytest.mark.parametrize("owner", ["", "x" * 201, "a\nb"])
async def test_whose_it_is_must_be_a_name(database: Database, owner: str) -> None:
    with pytest.raises(Refused, match="the owner of a profile is printable text"):
        await profiles.change(database, args(owner, data={}))
