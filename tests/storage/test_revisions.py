from __future__ import annotations

import asyncio

import pytest

from engine.storage.database import Database
from engine.storage.revisions import bump, revisions


async def test_each_change_counts(database: Database) -> None:
    assert await revisions(database) == {}
    for name in ("clients", "clients", "credentials"):
        async with database.begin() as connection:
            await bump(connection, name)
    assert await revisions(database) == {"clients": 2, "credentials": 1}


async def test_a_change_that_fails_does_not_count(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with database.begin() as connection:
            await bump(connection, "clients")
            raise ZeroDivisionError
    assert await revisions(database) == {}


async def test_changes_at_once_all_count(database: Database) -> None:
    async def change() -> None:
        async with database.begin() as connection:
            await bump(connection, "clients")

    async with database.begin() as connection:
        await bump(connection, "clients")
    await asyncio.gather(*(change() for _ in range(4)))
    assert await revisions(database) == {"clients": 5}
