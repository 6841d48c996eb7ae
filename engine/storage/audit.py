"""Who changed what: one row a change, written in its transaction. Targets are names, never secrets."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from engine.storage.database import Connection, Database, rows_of
from engine.storage.tables import AUDIT


async def note(connection: Connection, at: float, who: str, what: str, target: str) -> None:
    row = {"at": at, "who": who[:200], "what": what[:60], "target": target[:200]}
    await connection.execute(AUDIT.insert(), row)


async def listed(database: Database, limit: int = 100) -> list[dict[str, Any]]:
    """The latest changes, the last one first."""
    rows = select(AUDIT.c.at, AUDIT.c.who, AUDIT.c.what, AUDIT.c.target)
    async with database.read() as connection:
        return rows_of(await connection.execute(rows.order_by(AUDIT.c.id.desc()).limit(limit)))
