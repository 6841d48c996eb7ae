"""The ledger of a whole server: every request of it, in the database, once it has ended."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest

from engine.adapters.segment import segments, waiting
from engine.server.board import Board
from engine.server.clerk.books import Books
from engine.server.startup import Plan
from engine.spec.settings import Settings
from engine.storage.database import Database
from engine.storage.usage import count
from tests.server.running import Lines
from tests.server.serving import serving
from tests.storage.databases import opened


def counted(site: Path) -> int:
    async def ask() -> int:
        async with opened(f"sqlite:///{site}/.proxyctl/ledger.db") as database:
            return await of(database)

    async def of(database: Database) -> int:
        await database.migrate()
        return await count(database)

    return asyncio.run(ask())


@pytest.mark.parametrize("workers", [1, 2])
def test_what_was_answered_is_in_the_database_when_the_server_has_ended(
    site: Path, tmp_path: Path, workers: int
) -> None:
    with serving(site, tmp_path, storage=None, workers=workers) as process:
        for _ in range(5):
            assert process.ask().status_code == 200
        assert process.ask("nothing").status_code == 404
        process.send(signal.SIGTERM)
        assert process.end() == 0
    spool = site / ".proxyctl/spool"
    assert counted(site) == 6 and waiting(spool) == 0, process.lines
    assert "Traceback" not in process.lines


def test_without_a_database_nothing_is_kept(site: Path, tmp_path: Path) -> None:
    with serving(site, tmp_path, storage="off") as process:
        assert process.ask().status_code == 200
        process.send(signal.SIGTERM)
        assert process.end() == 0
    assert not (site / ".proxyctl/spool").exists() and "clerk" not in process.lines


def test_a_spool_that_cannot_be_made_is_told_and_nothing_is_recorded(tmp_path: Path) -> None:
    (tmp_path / "spool").write_text("a file")
    telemetry = Lines()
    books = Books(Plan(tmp_path, Settings()), Board(tmp_path), tmp_path, telemetry)
    books.close()
    assert books.spool is None and len(telemetry.of("usage is lost")) == 1


async def test_the_spool_is_tended(tmp_path: Path) -> None:
    books = Books(Plan(tmp_path, Settings()), Board(tmp_path), tmp_path, Lines())
    assert books.spool is not None
    books.spool.record(("x" * 300_000,))
    tending = asyncio.create_task(books.tend())
    async with asyncio.timeout(5):
        while len(segments(tmp_path / "spool")) < 2:
            await asyncio.sleep(0.005)
    tending.cancel()
    books.close()
