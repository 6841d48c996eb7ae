"""How often each published table was changed: whoever changes one counts up, clerks everywhere look."""

from __future__ import annotations

import sqlite3

from sqlalchemy import select

from engine.storage.database import Connection, Database
from engine.storage.insert import insert_or_update
from engine.storage.tables import REVISIONS

ALL = select(REVISIONS.c.name, REVISIONS.c.value)


async def bump(connection: Connection, name: str) -> None:
    """To be called in the transaction of the change."""
    more = insert_or_update(connection.dialect, REVISIONS, {"value": REVISIONS.c.value + 1})
    await connection.execute(more, {"name": name, "value": 1})


async def revisions(database: Database) -> dict[str, int]:
    async with database.read() as connection:
        return {name: value for name, value in await connection.execute(ALL)}


class Lookout:
    """Looks again and again, until `close`. Raises what `revisions` does.

    Of a file of SQLite, where readers wait for nobody, it has a connection of its own: a look through the
    pool and its threads takes 360 µs, not 4, and was most of what an idle clerk did.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._file: sqlite3.Connection | None = None

    async def look(self) -> dict[str, int]:
        path = self._database.engine.url.database
        if self._database.engine.dialect.name != "sqlite" or not path or path.startswith((":", "file:")):
            return await revisions(self._database)
        try:
            if self._file is None:
                self._file = sqlite3.connect(path, timeout=0.0, isolation_level=None)
            return dict(self._file.execute(f"SELECT name, value FROM {REVISIONS.name}").fetchall())
        except sqlite3.Error:  # locked for a moment, or worse: there it is found out which
            self.close()
            return await revisions(self._database)

    def close(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            file.close()
