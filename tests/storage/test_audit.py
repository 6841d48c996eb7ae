from __future__ import annotations

from engine.storage.audit import listed, note
from engine.storage.database import Database


async def test_the_last_comes_first_and_nothing_is_too_long(database: Database) -> None:
    for at in range(3):
        async with database.begin() as connection:
            await note(connection, at, "admin", "clients.create", f"web-{at}" * 100)
    found = await listed(database, 2)
    assert [row["at"] for row in found] == [2, 1] and found[0]["target"].startswith("web-2")
