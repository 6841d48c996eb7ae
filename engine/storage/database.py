"""An open database: one way to connect, whatever kind it is, and its migrations."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial, wraps
from typing import Any

from sqlalchemy import Connection as Sync
from sqlalchemy import Dialect, Result, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    NoSuchModuleError,
    ProgrammingError,
    SQLAlchemyError,
)
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from engine.storage.migrate import Newer, migrate

Connection = AsyncConnection
Args = Mapping[str, Any]

# Scheme of a URL -> what SQLAlchemy calls it, and the extra that brings the driver.
DRIVERS = {
    "sqlite": ("sqlite+aiosqlite", ""),
    "postgresql": ("postgresql+asyncpg", "postgres"),
    "postgres": ("postgresql+asyncpg", "postgres"),
    "mysql": ("mysql+aiomysql", "mysql"),
    "mariadb": ("mariadb+aiomysql", "mysql"),
}

CONNECT_WITHIN = 5.0

# Parameters of a URL that our driver for PostgreSQL takes as settings of the server.
SERVER_SETTINGS = ("application_name", "options")

# A deadlock, or a row that changed meanwhile, as servers call it, and how often one is put up with.
CROSSED_STATES, CROSSED_NUMBERS = ("40P01", "40001"), (1213, 1020)
CROSSINGS = 8
# SQLite: how long to wait for another process that writes.
BUSY_MS = 5000


class Unavailable(Exception):
    """The database cannot be used now, or not at all. The message is for operators and holds no password."""


class Crossed(Unavailable):
    """Two transactions waited for each other, and this one was given up: once more, and it goes through."""


class Refused(Exception):
    """What a caller asked of the database is not possible. `code` is for machines, `status` for HTTP."""

    def __init__(self, message: str, code: str = "refused", status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


Verb = Callable[["Database", Args], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Database:
    """Made by `open_database`. Both ways to connect raise `Unavailable` when there is no connection."""

    engine: AsyncEngine
    shown: str
    """The URL without its password."""

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Connection]:
        """A connection for changes, in a transaction that is committed in the end."""
        async with self._told(), self.engine.begin() as connection:
            yield connection

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Connection]:
        """A connection that only reads."""
        async with self._told(), self.engine.connect() as connection:
            yield await connection.execution_options(reading=True)

    async def migrate(self, target: str = "head") -> None:
        """Bring the tables up to date (or to any revision; `base` removes them). Safe to do twice at once."""
        try:
            async with self.begin() as connection:
                await connection.run_sync(migrate, target)
        except Newer as newer:
            raise Unavailable(str(newer)) from newer

    async def aclose(self) -> None:
        await self.engine.dispose()

    @asynccontextmanager
    async def _told(self) -> AsyncIterator[None]:
        try:
            yield
        except (SQLAlchemyError, OSError, TimeoutError) as exc:
            if is_our_fault(exc):
                raise
            kind = Crossed if is_crossed(exc) else Unavailable
            raise kind(f"{self.shown}: {reason(exc)}") from exc


def repeated(verb: Verb) -> Verb:
    """The verb, whose transaction is done anew when it crossed another's."""

    @wraps(verb)
    async def again(database: Database, args: Args) -> Any:
        for _ in range(CROSSINGS):
            with suppress(Crossed):
                return await verb(database, args)
        return await verb(database, args)

    return again


def is_crossed(exc: BaseException | None) -> bool:
    """Also where it only came up that the savepoint is gone, which the deadlock took along."""
    while exc is not None:
        cause = exc.orig if isinstance(exc, DBAPIError) else None
        if getattr(cause, "sqlstate", None) in CROSSED_STATES:
            return True
        if cause is not None and cause.args and cause.args[0] in CROSSED_NUMBERS:
            return True
        exc = exc.__context__
    return False


def rows_of(result: Result[Any]) -> list[dict[str, Any]]:
    """All rows, as plain data."""
    return [{str(name): value for name, value in row.items()} for row in result.mappings()]


def is_our_fault(exc: BaseException) -> bool:
    """Data or statements that the database does not take: it is there, and trying again would not help."""
    return is_of_data(exc) or isinstance(exc, ProgrammingError)


def is_of_data(exc: BaseException) -> bool:
    """A value that a column does not take. Some drivers look at values before they send any."""
    if not isinstance(exc, DBAPIError) or exc.connection_invalidated:
        return False
    cause = exc.orig.__cause__ if exc.orig is not None else None
    return isinstance(exc, DataError | IntegrityError) or type(cause).__name__ == "DataError"


def reason(exc: BaseException) -> str:
    """What went wrong, in one line."""
    cause = exc.orig if isinstance(exc, DBAPIError) and exc.orig is not None else exc
    text = str(cause).strip().splitlines()
    return (text[0] if text else type(cause).__name__)[:300]


def open_database(url: str) -> Database:
    """Connects when it is first used. Raises `Unavailable` when the URL or its driver is of no use."""
    try:
        given = make_url(url)
    except (ArgumentError, ValueError) as exc:
        raise Unavailable("the URL of the database cannot be read") from exc
    scheme = given.drivername.partition("+")[0]
    if scheme not in DRIVERS:
        raise Unavailable(f"databases are {', '.join(DRIVERS)}, not {scheme}")
    driver, extra = DRIVERS[scheme]
    try:
        engine = create_async_engine(_known(given, driver), **_options(scheme, given))
    except ModuleNotFoundError as exc:
        hint = f"; install proxyctl[{extra}]" if extra else ""
        raise Unavailable(f"the driver for {scheme} is not installed{hint}") from exc
    except (ArgumentError, NoSuchModuleError) as exc:
        raise Unavailable(f"the URL of the database cannot be used: {reason(exc)}") from exc
    shown = _shown(given)
    event.listen(engine.sync_engine, "do_connect", partial(_connect, shown))
    if scheme == "sqlite":
        _make_file(given.database or ":memory:")
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return Database(engine, shown)


def _known(url: URL, driver: str) -> URL:
    """The URL as our driver takes it, whichever it was written for."""
    told = dict(url.query)
    if driver.startswith("postgresql"):
        mode = told.pop("sslmode", None)
        told = {
            name: value for name, value in told.items() if name not in (*SERVER_SETTINGS, "connect_timeout")
        }
        if mode is not None:
            told["ssl"] = mode
        if told.get("channel_binding") in ("prefer", "disable"):
            del told["channel_binding"]
    return url.set(drivername=driver, query=told)


def _shown(url: URL) -> str:
    """Without a password, wherever it stands."""
    return url.update_query_dict(
        {name: "***" for name in url.query if "pass" in name.lower()}
    ).render_as_string(hide_password=True)


def _connect(shown: str, dialect: Dialect, record: Any, args: list[Any], parameters: dict[str, Any]) -> Any:
    """As ever; a parameter of the URL that the driver does not know is the URL's fault."""
    try:
        return dialect.connect(*args, **parameters)
    except TypeError as exc:
        raise Unavailable(f"{shown}: a parameter of the URL is of no use here: {exc}") from exc


def _options(scheme: str, url: URL) -> dict[str, Any]:
    """A few connections, found out to be dead before they are used."""
    if scheme == "sqlite":
        return {"connect_args": {"timeout": BUSY_MS / 1000}}
    pool = {"pool_pre_ping": True, "pool_size": 2, "max_overflow": 2, "pool_recycle": 1800}
    if scheme in ("mysql", "mariadb"):
        charset = {} if "charset" in url.query else {"charset": "utf8mb4"}
        return {**pool, "connect_args": {"connect_timeout": CONNECT_WITHIN, **charset}}
    settings = {name: url.query[name] for name in SERVER_SETTINGS if name in url.query}
    arguments = {"timeout": CONNECT_WITHIN, "command_timeout": 60, "server_settings": settings}
    return {**pool, "connect_args": arguments}


def _make_file(path: str) -> None:
    """For its owner alone, which its companions inherit. Raises `Unavailable`."""
    if path == ":memory:" or path.startswith("file:"):
        return
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as exc:
        raise Unavailable(f"{path} cannot be opened: {exc.strerror}") from exc


def _prepare_sqlite(connection: Any, record: Any) -> None:
    """Readers beside one writer, a commit that survives a power cut, and transactions begun by us."""
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (f"busy_timeout={BUSY_MS}", "journal_mode=WAL", "synchronous=FULL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Sync) -> None:
    """Who is going to write takes the lock at once: taken half-way, it might be refused."""
    reading = connection.get_execution_options().get("reading")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


async def with_database(url: str, work: Callable[[Database], Any], within: float = 30.0) -> Any:
    """Open, migrate, do `work`, close: for commands. Raises `Unavailable`."""
    database = open_database(url)
    try:
        async with asyncio.timeout(within):
            await database.migrate()
        return await work(database)
    except TimeoutError as exc:
        raise Unavailable(f"{database.shown}: no answer within {within:.0f} s") from exc
    finally:
        await database.aclose()
