"""How often each published table was changed: whoever changes one counts up, clerks everywhere look."""

from __future__ import annotations

import os

from sqlalchemy import select

from engine.storage.database import Connection, Database
from engine.storage.insert import insert_or_update
from engine.storage.tables import REVISIONS

ALL = select(REVISIONS.c.name, REVISIONS.c.value)
# A commit can be seen once the disk has it, which is some time after the one that its file shows.
STILL_AFTER = 10.0

# Changes with each version of the files of a database.
Stamp = tuple[tuple[int, int, int], ...]


async def bump(connection: Connection, name: str) -> None:
    """To be called in the transaction of the change."""
    more = insert_or_update(connection.dialect, REVISIONS, {"value": REVISIONS.c.value + 1})
    await connection.execute(more, {"name": name, "value": 1})


async def revisions(database: Database) -> dict[str, int]:
    async with database.read() as connection:
        return {name: value for name, value in await connection.execute(ALL)}


def stamp(database: Database, now: float) -> Stamp | None:
    """While it stays the same, nobody has written; None where that cannot be told without asking.

    For SQLite, whose files have been still for a while.
    """
    path = database.engine.url.database
    if database.engine.dialect.name != "sqlite" or path is None:
        return None
    try:
        found = [os.stat(path), os.stat(f"{path}-wal")]
    except OSError:
        return None
    if now - max(status.st_mtime for status in found) < STILL_AFTER:
        return None
    return tuple((status.st_ino, status.st_size, status.st_mtime_ns) for status in found)
