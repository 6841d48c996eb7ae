"""`database`: migrated and empty, once for each kind that is there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from engine.storage.database import Database
from tests.storage.databases import KINDS, database_of, emptied, opened


@pytest.fixture(scope="session", params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    async def migrated(url: str) -> None:
        async with opened(url) as database:
            await database.migrate()

    with database_of(request.param, tmp_path_factory.mktemp("database")) as url:
        asyncio.run(migrated(url))
        yield url


@pytest_asyncio.fixture
async def database(url: str) -> AsyncIterator[Database]:
    async with opened(url) as database:
        await emptied(database)
        yield database
