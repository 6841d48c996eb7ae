"""The clerk in the test's own process: verbs, published tables, a database that goes and comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from engine.adapters.telemetry import SystemTelemetry
from engine.errors import EngineUnavailable, RequestRefused
from engine.server.board import Board
from engine.server.clerk import process as module
from engine.server.clerk.client import ClerkClient
from engine.server.clerk.order import ClerkOrder
from engine.server.clerk.process import Clerk
from engine.storage.audit import listed, note
from engine.storage.database import Database, Refused, open_database
from engine.storage.revisions import bump
from tests.server.running import eventually


async def add(database: Database, args: Mapping[str, Any]) -> Any:
    if args["what"] == "nonsense":
        raise Refused("no nonsense", "nonsense", 409)
    async with database.begin() as connection:
        await note(connection, 1.0, "me", args["what"], "")
        await bump(connection, "things")
    return {"added": args["what"]}


@pytest.fixture(autouse=True)
def _verbs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(module.VERBS, "things.add", add)
    monkeypatch.setitem(module.PUBLISHED, "things", listed)
    monkeypatch.setattr(module, "LOOK_EVERY", 0.01)
    monkeypatch.setattr(module, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(module, "LONGEST_PAUSE", 0.02)


class Office:
    def __init__(self, directory: Path) -> None:
        self.lines: list[str] = []
        self.board = Board(directory / "run")
        self.board.prepare()
        self.url = f"sqlite:///{directory / 'db' / 'x.db'}"
        self.order = ClerkOrder(str(directory / "run"), str(directory), self.url)
        self.client = ClerkClient(directory / "run", within=5.0)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Clerk]:
        clerk = Clerk(self.order, SystemTelemetry("info", "text", self.lines.append))
        living = asyncio.create_task(clerk.live())
        await eventually(lambda: (self.board.directory / "clerk").exists())
        try:
            yield clerk
        finally:
            clerk.stop()
            await living

    def things(self) -> list[str] | None:
        rows = self.board.table("things")
        return None if rows is None else [row["what"] for row in rows]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    (tmp_path / "db").mkdir()
    return Office(tmp_path)


async def test_what_a_verb_changed_is_published_when_it_answers(office: Office) -> None:
    async with office.open():
        assert await office.client.ask("things.add", {"what": "one"}) == {"added": "one"}
        assert office.things() == ["one"]


async def test_what_others_change_is_published_soon(office: Office) -> None:
    async with office.open():
        await eventually(lambda: office.things() == [])
        elsewhere = open_database(office.url)
        await add(elsewhere, {"what": "two"})
        await elsewhere.aclose()
        await eventually(lambda: office.things() == ["two"])


async def test_what_the_caller_did_wrong_is_told_to_it(office: Office) -> None:
    async with office.open():
        with pytest.raises(RequestRefused, match="no nonsense") as refused:
            await office.client.ask("things.add", {"what": "nonsense"})
        assert (refused.value.info.code, refused.value.info.status) == ("nonsense", 409)
        with pytest.raises(RequestRefused, match="no verb"):
            await office.client.ask("things.eat")
        with pytest.raises(RequestRefused, match="bad arguments"):
            await office.client.ask("things.add", {})
        assert await office.client.ask("things.add", {"what": "fine"}) == {"added": "fine"}


async def test_without_a_clerk_nothing_can_be_asked(office: Office) -> None:
    with pytest.raises(EngineUnavailable, match="cannot be asked now") as away:
        await office.client.ask("things.add", {"what": "x"})
    assert away.value.info.code == "storage_away"


async def test_a_database_that_is_away_is_told_once_and_found_again(office: Office, tmp_path: Path) -> None:
    (tmp_path / "db").rmdir()
    async with office.open():
        with pytest.raises(EngineUnavailable, match="the database is away"):
            await office.client.ask("things.add", {"what": "x"})
        await eventually(lambda: bool(office.lines))
        (tmp_path / "db").mkdir()
        await eventually(lambda: office.things() == [])
        await eventually(lambda: len(office.lines) == 2)
    assert [" ".join(line.split()[2:5]) for line in office.lines] == [
        "database is away", "database is back",
    ]  # fmt: skip


async def test_a_visitor_that_speaks_nonsense_ends_nothing(office: Office) -> None:
    async with office.open():
        reader, writer = await asyncio.open_unix_connection(office.board.directory / "clerk")
        writer.write(b"hello\n")
        assert await reader.read() == b""
        writer.close()
        assert await office.client.ask("things.add", {"what": "one"}) == {"added": "one"}


async def test_work_that_ends_by_itself_ends_the_clerk(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_: Database) -> Any:
        raise ZeroDivisionError

    monkeypatch.setitem(module.PUBLISHED, "things", broken)
    clerk = Clerk(office.order, SystemTelemetry("info", "text", office.lines.append))
    async with asyncio.timeout(10):
        with pytest.raises(ZeroDivisionError):
            await clerk.live()
