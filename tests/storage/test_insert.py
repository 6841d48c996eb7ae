"""Rows that may be there already."""

from __future__ import annotations

from engine.storage.database import Database
from engine.storage.insert import insert_new, insert_or_update
from engine.storage.tables import REVISIONS


async def values(database: Database) -> dict[str, int]:
    async with database.read() as connection:
        return {row.name: row.value for row in await connection.execute(REVISIONS.select())}


async def test_what_is_there_is_passed_over(database: Database) -> None:
    insert = insert_new(database.engine.dialect, REVISIONS)
    for rows in ([("a", 1), ("b", 2)], [("b", 9), ("c", 3)], [("c", 9)]):
        async with database.begin() as connection:
            await connection.execute(insert, [{"name": name, "value": value} for name, value in rows])
    assert await values(database) == {"a": 1, "b": 2, "c": 3}


async def test_what_is_there_is_changed(database: Database) -> None:
    insert = insert_or_update(database.engine.dialect, REVISIONS, {"value": REVISIONS.c.value + 10})
    for _ in range(3):
        async with database.begin() as connection:
            await connection.execute(insert, {"name": "a", "value": 1})
    assert await values(database) == {"a": 21}
