"""Databases of the test's own: a file, and one on each server that is there.

Servers: `PROXYCTL_TEST_POSTGRES`, `PROXYCTL_TEST_MARIADB` (URLs of a database to connect to; one of the test's own
is made beside it). Tests of a server that is away are skipped, unless `PROXYCTL_TEST_SERVICES=required`.
"""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from engine.storage.database import Database, Unavailable, open_database
from engine.storage.tables import METADATA

SERVERS = {
    "postgresql": ("PROXYCTL_TEST_POSTGRES", "postgresql://root:postgres@127.0.0.1:5432/test"),
    "mariadb": ("PROXYCTL_TEST_MARIADB", "mariadb://root@127.0.0.1:3306/test"),
}
KINDS = ("sqlite", *SERVERS)
REQUIRED = os.environ.get("PROXYCTL_TEST_SERVICES") == "required"


@contextmanager
def database_of(kind: str, directory: Path) -> Iterator[str]:
    """The URL of an empty database, which is gone in the end."""
    if kind == "sqlite":
        yield f"sqlite:///{directory / 'test.db'}"
        return
    variable, default = SERVERS[kind]
    server = os.environ.get(variable) or default
    name = f"proxyctl_test_{uuid.uuid4().hex[:12]}"
    try:
        asyncio.run(_run(server, f"CREATE DATABASE {name}"))
    except Unavailable as exc:
        if REQUIRED:
            raise
        pytest.skip(f"no {kind} server: {exc}")
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        force = " WITH (FORCE)" if kind == "postgresql" else ""
        asyncio.run(_run(server, f"DROP DATABASE {name}{force}"))


async def _run(url: str, statement: str) -> None:
    database = open_database(url)
    try:
        async with database.read() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            await connection.execute(text(statement))
    finally:
        await database.aclose()


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    database = open_database(url)
    try:
        yield database
    finally:
        await database.aclose()


async def emptied(database: Database) -> None:
    async with database.begin() as connection:
        for table in METADATA.sorted_tables:
            await connection.execute(table.delete())
