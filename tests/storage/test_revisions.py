from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from engine.storage.database import Database
from engine.storage.revisions import Lookout, bump, revisions
from tests.storage.databases import opened


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


async def counted_up(database: Database) -> None:
    async with database.begin() as connection:
        await bump(connection, "clients")


async def test_a_lookout_sees_each_change_at_once(database: Database) -> None:
    lookout = Lookout(database)
    for times in range(4):
        assert await lookout.look() == ({"clients": times} if times else {})
        await counted_up(database)
    async with database.begin() as connection:
        await bump(connection, "clients")
        assert await lookout.look() == {"clients": 4}  # waits for nobody
    lookout.close()
    assert await lookout.look() == {"clients": 5}
    lookout.close()


async def test_a_file_that_is_not_the_lookouts_to_read_is_asked_through_the_pool(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*_: Any, **__: Any) -> Any:
        raise sqlite3.OperationalError("database is locked")

    async with opened(f"sqlite:///{tmp_path}/x.db") as database:
        await database.migrate()
        await counted_up(database)
        with monkeypatch.context() as patch:
            patch.setattr("engine.storage.revisions.sqlite3.connect", locked)
            assert await Lookout(database).look() == {"clients": 1}


async def test_a_database_in_memory_is_looked_at_too() -> None:
    async with opened("sqlite://") as database:
        await database.migrate()
        assert await Lookout(database).look() == {}
