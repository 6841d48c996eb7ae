"""How often each published table was changed: whoever changes one counts up, clerks everywhere look."""

from __future__ import annotations

from sqlalchemy import select

from engine.storage.database import Connection, Database
from engine.storage.insert import insert_or_update
from engine.storage.tables import REVISIONS


async def bump(connection: Connection, name: str) -> None:
    """To be called in the transaction of the change."""
    more = insert_or_update(connection.dialect, REVISIONS, {"value": REVISIONS.c.value + 1})
    await connection.execute(more, {"name": name, "value": 1})


async def revisions(database: Database) -> dict[str, int]:
    async with database.read() as connection:
        rows = await connection.execute(select(REVISIONS.c.name, REVISIONS.c.value))
        return {row.name: row.value for row in rows}
