"""One way to connect, whatever kind of database it is."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from engine.storage import database as module
from engine.storage.database import Database, Unavailable, open_database, with_database
from engine.storage.tables import AUDIT, REVISIONS
from tests.storage.databases import opened


async def test_what_is_begun_is_committed_and_what_fails_is_not(database: Database) -> None:
    async with database.begin() as connection:
        await connection.execute(REVISIONS.insert(), {"name": "a", "value": 1})
    with pytest.raises(IntegrityError):
        async with database.begin() as connection:
            await connection.execute(REVISIONS.insert(), {"name": "b", "value": 1})
            await connection.execute(REVISIONS.insert(), {"name": "a", "value": 2})
    async with database.read() as connection:
        rows = await connection.execute(REVISIONS.select())
        assert [tuple(row) for row in rows] == [("a", 1)]


async def test_faults_of_ours_are_not_called_unavailable(database: Database) -> None:
    with pytest.raises((ProgrammingError, Unavailable)) as raised:
        async with database.read() as connection:
            await connection.execute(text("SELECT nonsense FROM nowhere"))
    if database.engine.dialect.name != "sqlite":
        assert raised.type is ProgrammingError


async def test_text_of_any_kind_is_kept(database: Database) -> None:
    row = {"at": 1.0, "who": "é 漢字 🙂", "what": "'; DROP TABLE audit; --", "target": ""}
    async with database.begin() as connection:
        await connection.execute(AUDIT.insert(), row)
    async with database.read() as connection:
        found = (await connection.execute(AUDIT.select())).mappings().one()
    assert {name: found[name] for name in row} == row


async def test_nobody_there_is_unavailable_and_no_password_is_shown() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # and does not listen
        port = bound.getsockname()[1]
        for scheme in ("postgresql", "mysql", "mariadb"):
            async with opened(f"{scheme}://me:hush@127.0.0.1:{port}/x") as database:
                with pytest.raises(Unavailable) as raised:
                    await database.migrate()
                assert "hush" not in str(raised.value) and f":{port}/x" in str(raised.value)


async def test_a_file_that_cannot_be_made_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="cannot be opened"):
        open_database(f"sqlite:///{tmp_path}/no/such/place.db")


async def test_the_directory_of_a_file_is_not_made(tmp_path: Path) -> None:
    """It may be a disk that is away: an empty database in its place would look like a loss."""
    with pytest.raises(Unavailable, match="cannot be opened"):
        open_database(f"sqlite:///{tmp_path}/data/x.db")


@pytest.mark.parametrize(
    ("url", "driver", "query"),
    [
        ("postgres://u@h/d?sslmode=require", "postgresql+asyncpg", {"ssl": "require"}),
        ("postgresql+psycopg2://u@h/d", "postgresql+asyncpg", {}),
        (
            "postgresql://u@h/d?connect_timeout=9&channel_binding=prefer&application_name=x",
            "postgresql+asyncpg",
            {},
        ),
        ("mysql+pymysql://u@h/d?charset=utf8mb4", "mysql+aiomysql", {"charset": "utf8mb4"}),
    ],
)
def test_urls_that_were_written_for_other_drivers(url: str, driver: str, query: dict[str, str]) -> None:
    known = open_database(url).engine.url
    assert (known.drivername, dict(known.query)) == (driver, query)


async def test_a_parameter_that_a_driver_does_not_know_is_told() -> None:
    url = "//me:hush@127.0.0.1:9/x?password=hush&strange=1"
    for scheme in ("postgresql", "mysql"):
        async with opened(f"{scheme}:{url}") as database:
            with pytest.raises(Unavailable, match=r"parameter of the URL.*'strange'") as raised:
                await database.migrate()
            assert "hush" not in str(raised.value)


async def test_settings_of_a_server_may_stand_in_the_url(url: str) -> None:
    if not url.startswith("postgresql"):
        pytest.skip("PostgreSQL alone has them")
    where = f"{url}?application_name=books&options=-cgeqo%3Doff"
    async with opened(where) as database, database.read() as connection:
        names = ("application_name", "geqo")
        told = [(await connection.execute(text(f"SHOW {name}"))).scalar() for name in names]
    assert told == ["books", "off"]


async def test_nobody_else_can_read_a_file(tmp_path: Path) -> None:
    async with opened(f"sqlite:///{tmp_path}/x.db") as database:
        await database.migrate()
        assert {path.stat().st_mode & 0o777 for path in tmp_path.glob("x.db*")} == {0o600}


@pytest.mark.parametrize("url", ["nonsense", "oracle://x/y", "sqlite", "postgresql://h:port/x"])
def test_what_is_no_url_of_a_database(url: str) -> None:
    with pytest.raises(Unavailable):
        open_database(url)


def test_a_driver_that_is_missing_is_told_with_what_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    with pytest.raises(Unavailable, match=r"install proxyctl\[postgres\]"):
        open_database("postgresql://x/y")


async def test_a_command_migrates_works_and_closes(tmp_path: Path) -> None:
    async def count(database: Database) -> int:
        async with database.read() as connection:
            return len((await connection.execute(AUDIT.select())).all())

    assert await with_database(f"sqlite:///{tmp_path}/x.db", count) == 0


def test_the_kinds_have_their_drivers() -> None:
    assert set(module.DRIVERS) == {"sqlite", "postgresql", "postgres", "mysql", "mariadb"}


@pytest.mark.parametrize(
    ("pragma", "told"),
    [("query_only = ON", "readonly database"), ("max_page_count = 1", "database or disk is full")],
)
async def test_a_file_that_takes_nothing_more_is_unavailable(tmp_path: Path, pragma: str, told: str) -> None:
    """And what was written stays readable."""
    async with opened(f"sqlite:///{tmp_path}/x.db") as database:
        await database.migrate()
        row = {"name": "a" * 40, "value": 1}
        async with database.begin() as connection:
            await connection.execute(REVISIONS.insert(), row)
        with pytest.raises(Unavailable, match=told):
            async with database.begin() as connection:
                await connection.exec_driver_sql(f"PRAGMA {pragma}")
                rows = [{**row, "name": f"{number:040}"} for number in range(1000)]
                await connection.execute(REVISIONS.insert(), rows)
        async with database.read() as connection:
            assert len((await connection.execute(REVISIONS.select())).all()) == 1


async def test_a_file_that_another_process_holds_is_unavailable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BUSY_MS", 10)
    url = f"sqlite:///{tmp_path}/x.db"
    async with opened(url) as database, opened(url) as other:
        await database.migrate()
        async with other.begin():
            with pytest.raises(Unavailable, match="locked"):
                async with database.begin():
                    raise AssertionError("nobody else may write now")
            async with database.read() as connection:
                assert (await connection.execute(REVISIONS.select())).all() == []


async def test_what_crossed_another_transaction_is_done_anew(tmp_path: Path) -> None:
    tries: list[int] = []

    @module.repeated
    async def verb(database: Database, args: module.Args) -> str:
        tries.append(1)
        if len(tries) <= args["crossings"]:
            raise module.Crossed("deadlock")
        return "done"

    async with opened(f"sqlite:///{tmp_path}/x.db") as database:
        assert await verb(database, {"crossings": 2}) == "done" and len(tries) == 3
        tries.clear()
        with pytest.raises(Unavailable, match="deadlock"):
            await verb(database, {"crossings": 99})
