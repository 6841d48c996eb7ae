"""Migrations, up and down, on every kind of database; what they make is what `tables.py` says."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect, text

from engine.storage.database import Database, Unavailable
from engine.storage.migrate import scripts
from engine.storage.summary import Question, summary
from engine.storage.tables import METADATA
from tests.storage.databases import KINDS, database_of, opened


@pytest.fixture(params=KINDS)
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with database_of(request.param, tmp_path) as url:
        yield url


def revisions() -> list[str]:
    return [script.revision for script in scripts().walk_revisions()][::-1]


def differences(connection: Connection) -> list[Any]:
    return list(compare_metadata(MigrationContext.configure(connection), METADATA))


def test_the_history_is_one_line() -> None:
    assert scripts().get_heads() == [revisions()[-1]]


async def walk(url: str) -> None:
    async with opened(url) as database:
        for revision in [*revisions(), *revisions()[-2::-1], "base", "head"]:
            await database.migrate(revision)
        async with database.read() as connection:
            assert await connection.run_sync(differences) == []
        await database.migrate("base")
        async with database.read() as connection:
            left = await connection.run_sync(lambda sync: set(inspect(sync).get_table_names()))
        assert left == {"alembic_version"}


def test_up_and_down_and_up(fresh: str) -> None:
    asyncio.run(walk(fresh))


def test_records_stay_whichever_way_it_goes(fresh: str) -> None:
    async def there_and_back() -> None:
        async with opened(fresh) as database:
            await database.migrate("0002")
            async with database.begin() as connection:
                old = "INSERT INTO usage_days (day, requests, failed, aborted, attempts, timed, priced, ms, "
                old += "first_byte_ms, cost) VALUES (1, 2, 0, 0, 2, 2, 2, 5, 5, 1)"
                await connection.execute(text(old))
            for revision in ("head", "0002", "head"):
                await database.migrate(revision)
            assert [(row["requests"], row["operation"]) for row in await summed(database)] == [(2, None)]

    asyncio.run(there_and_back())


def test_one_that_was_cut_off_goes_on(fresh: str) -> None:
    """MariaDB has no transactions around changes of tables."""

    async def half() -> None:
        async with opened(fresh) as database:
            await database.migrate("0002")
            async with database.begin() as connection:
                await connection.execute(text("ALTER TABLE usage_days ADD COLUMN operation VARCHAR(40)"))
            await database.migrate()
            async with database.read() as connection:
                assert await connection.run_sync(differences) == []

    asyncio.run(half())


async def summed(database: Database) -> list[dict[str, Any]]:
    return await summary(database, Question(("operation",)))


def test_two_at_once_are_as_one(fresh: str) -> None:
    async def both() -> None:
        async with opened(fresh) as one, opened(fresh) as other:
            await asyncio.gather(one.migrate(), other.migrate())
            async with other.read() as connection:
                assert await connection.run_sync(differences) == []

    asyncio.run(both())


def test_a_database_of_a_later_version_is_left_alone(fresh: str) -> None:
    async def newer() -> None:
        async with opened(fresh) as database:
            await database.migrate()
            async with database.begin() as connection:
                await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
            with pytest.raises(Unavailable, match="later version"):
                await database.migrate()

    asyncio.run(newer())


@pytest.mark.parametrize("before", ["CREATE TABLE clients (id INTEGER, api_key TEXT)", None])
def test_tables_of_another_program_stay_as_they_are(fresh: str, before: str | None) -> None:
    """Those of ours that had such names in an earlier version get others."""

    async def beside() -> None:
        async with opened(fresh) as database:
            if before is None:
                await database.migrate("0003")
                async with database.begin() as connection:
                    for name in ("clients", "conversations", "messages"):
                        await connection.execute(text(f"ALTER TABLE proxyctl_{name} RENAME TO {name}"))
            else:
                async with database.begin() as connection:
                    await connection.execute(text(before))
                    await connection.execute(text("INSERT INTO clients VALUES (1, 'k')"))
            await database.migrate()
            async with database.read() as connection:
                left = await connection.run_sync(lambda sync: set(inspect(sync).get_table_names()))
                assert set(METADATA.tables) <= left
                assert ("clients" in left) == (before is not None)

    asyncio.run(beside())
