from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from engine.storage.database import Database
from engine.storage.revisions import STILL_AFTER, bump, revisions, stamp
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


async def test_a_file_that_is_still_shows_whether_it_was_written(tmp_path: Path) -> None:
    async with opened(f"sqlite:///{tmp_path}/x.db") as database:
        assert stamp(database, time.time()) is None  # there is nothing
        await database.migrate()
        soon, later = time.time() + STILL_AFTER / 2, time.time() + 2 * STILL_AFTER
        assert stamp(database, soon) is None
        before = stamp(database, later)
        assert before is not None
        await revisions(database)
        assert stamp(database, later) == before
        for _ in range(3):
            async with database.begin() as connection:
                await bump(connection, "clients")
            now = stamp(database, later)
            assert now not in (None, before)
            before = now
            await asyncio.sleep(0.02)  # as clocks of file systems tick


async def test_what_is_no_file_has_to_be_asked(database: Database) -> None:
    if database.engine.dialect.name != "sqlite":
        assert stamp(database, time.time() + 2 * STILL_AFTER) is None
    async with opened("sqlite://") as memory:
        assert stamp(memory, time.time() + 2 * STILL_AFTER) is None
