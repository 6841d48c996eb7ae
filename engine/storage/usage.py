"""The ledger's table: records come in, each once; old ones become sums of their day."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import chain
from operator import itemgetter
from typing import Any

from sqlalchemy import ColumnElement, Dialect, case, delete, func, insert, literal, or_, select
from sqlalchemy.exc import DBAPIError

from engine.gateway.record import COLUMNS
from engine.storage.database import Connection, Database, is_of_data
from engine.storage.insert import insert_new
from engine.storage.revisions import bump
from engine.storage.tables import USAGE, USAGE_DAYS

HOUR, DAY = 3600, 86400
LARGEST = 2**63 - 1
# Seconds in which others have the core, between parts of long work.
PAUSE = 0.002

DIMENSIONS = ("client", "groups", "surface", "alias", "provider", "target", "credential", "operation")
TOKENS = ("prompt", "output", "cache_read", "cache_write", "reasoning")
SUMS = (
    "requests",
    "failed",
    "aborted",
    "attempts",
    "ms",
    "first_byte_ms",
    "timed",
    *TOKENS,
    "cost",
    "priced",
)

# What retention counts up, so that it is done by one at a time.
RETENTION = "retention"

# A row is a tuple in the order of the table: `id`, `at`, `hour`, then as in a record. Many rows are columns
# in that order: most of what there is to do with rows is the same for all values of a column.
Row = tuple[Any, ...]
Columns = Sequence[Sequence[Any]]
ROW = tuple(column.name for column in USAGE.columns)

_TEXTS = [
    (index, USAGE.c[name].type.length)  # type: ignore[attr-defined]
    for index, name in enumerate(COLUMNS)
    if name in ("request_id", *DIMENSIONS, "error", "code")
]
_COUNTS = [index for index, name in enumerate(COLUMNS) if name in TOKENS]
_WIDTH = len(COLUMNS)


def row_of(id_: str, values: list[Any]) -> Row:
    """A record of the spool as a row: cut to what the columns hold, without what no database takes.

    Records of other versions may have more columns, or fewer. Raises `TypeError` for what is no record.
    """
    if len(values) != _WIDTH:
        values = [*values, *[None] * _WIDTH][:_WIDTH]
    for index, length in _TEXTS:
        text = values[index]
        if text is not None and (type(text) is not str or len(text) > length or "\0" in text):
            values[index] = str(text).replace("\0", "")[:length]
    for index in _COUNTS:
        count = values[index]
        if count is not None and not (type(count) is int and count <= LARGEST):
            values[index] = min(int(count), LARGEST)
    at = values[0]
    return (id_, at, int(at // HOUR), *values[1:])


def columns_of_records(ids: Sequence[str], records: Sequence[list[Any]]) -> Columns | None:
    """The rows of many records at once, None where any of them is not as it ought to be: see `row_of`."""
    try:
        columns = list(zip(*records, strict=True))
        if len(ids) != len(records) or not _as_they_ought_to_be(columns):
            return None
        return [ids, columns[0], [int(at // HOUR) for at in columns[0]], *columns[1:]]
    except (TypeError, ValueError):
        return None


def _as_they_ought_to_be(columns: Sequence[tuple[Any, ...]]) -> bool:
    """Looks at the different values of columns, which are few. Raises `TypeError` for some misfits."""
    if len(columns) != _WIDTH:
        return False
    for index, length in _TEXTS:
        texts = {*columns[index]} - {None}
        if texts and ("\0" in "".join(texts) or max(map(len, texts)) > length):
            return False
    for index in _COUNTS:
        counts = {*columns[index]} - {None}
        if counts and ({*map(type, counts)} != {int} or max(counts) > LARGEST):
            return False
    return True


async def give_way() -> None:
    """Between parts of long work: who wants the same core need not wait for the end of a time slice, which on
    some systems is 4 ms, however little it means to the other."""
    await asyncio.sleep(PAUSE)


async def add(database: Database, parts: Sequence[Columns]) -> list[str]:
    """Put rows in, each once, however often it is tried. Gives the ids of those that are not taken at all.

    One transaction, since each costs as much as hundreds of rows, but part by part: others get their turn.
    """
    try:
        async with database.begin() as connection:
            for part in parts:
                await _insert(connection, part)
                await give_way()
        return []
    except DBAPIError as exc:
        if not is_of_data(exc):
            raise
    refused = []
    for row in chain.from_iterable(zip(*part, strict=True) for part in parts):
        try:
            async with database.begin() as connection:
                await _insert(connection, [(value,) for value in row])
        except DBAPIError as exc:
            if not is_of_data(exc):
                raise
            refused.append(row[0])
    return refused


async def _insert(connection: Connection, columns: Columns) -> None:
    """In the driver's own words: what SQLAlchemy does for each row would be half of the clerk's work."""
    dialect = connection.dialect
    names, rows = _without_nulls(columns, flags_are_numbers=dialect.name == "sqlite")
    rows.sort(key=itemgetter(0))  # by id: two that write the same at once never wait for each other
    await connection.exec_driver_sql(_statement(dialect, names), rows)


def _without_nulls(columns: Columns, *, flags_are_numbers: bool) -> tuple[tuple[str, ...], list[Row]]:
    """The columns that hold anything, and the rows of them.

    For nulls and flags the driver of SQLite takes longer than for all else.
    """
    kept: dict[str, Sequence[Any]] = {}
    for column, values in zip(USAGE.columns, columns, strict=True):
        first = values[0]
        if first is None and column.nullable and values.count(None) == len(values):
            continue
        flags = flags_are_numbers and type(first) is bool and {*map(type, values)} == {bool}
        kept[column.name] = list(map(int, values)) if flags else values
    return tuple(kept), list(zip(*kept.values(), strict=True))


@lru_cache(maxsize=256)
def _statement(dialect: Dialect, names: tuple[str, ...]) -> str:
    compiled = insert_new(dialect, USAGE).compile(dialect=dialect, column_keys=list(names))
    assert tuple(compiled.positiontup or ()) == names
    return str(compiled)


def sums() -> dict[str, ColumnElement[Any]]:
    """What single requests come to, by the names of `SUMS`."""
    failed = or_(USAGE.c.status >= 400, USAGE.c.error.is_not(None))
    return {
        "requests": func.count(),
        "failed": func.coalesce(func.sum(case((failed, 1), else_=0)), 0),
        "aborted": func.coalesce(func.sum(case((USAGE.c.aborted, 1), else_=0)), 0),
        "attempts": func.coalesce(func.sum(USAGE.c.attempts), 0),
        "ms": func.coalesce(func.sum(USAGE.c.ms), 0),
        "first_byte_ms": func.coalesce(func.sum(USAGE.c.first_byte_ms), 0),
        "timed": func.count(USAGE.c.first_byte_ms),
        **{name: func.sum(USAGE.c[name]) for name in TOKENS},
        "cost": func.coalesce(func.sum(USAGE.c.cost), 0),
        "priced": func.count(USAGE.c.cost),
    }


async def retain(database: Database, before: float) -> int:
    """Make sums of the requests of whole days before that time (seconds since 1970). Gives how many days."""
    last = int(before // DAY)
    done = 0
    while True:
        async with database.begin() as connection:
            await bump(connection, RETENTION)  # others wait here, and find nothing left to do
            oldest = await connection.scalar(select(func.min(USAGE.c.hour)).where(USAGE.c.hour < last * 24))
            if oldest is None:
                return done
            await _fold(connection, int(oldest) // 24)
        done += 1


async def _fold(connection: Connection, day: int) -> None:
    of_day = (USAGE.c.hour >= day * 24) & (USAGE.c.hour < (day + 1) * 24)
    kept = [USAGE.c[name] for name in DIMENSIONS]
    made = sums()
    chosen = select(literal(day), *kept, *made.values()).where(of_day).group_by(*kept)
    await connection.execute(insert(USAGE_DAYS).from_select(["day", *DIMENSIONS, *made], chosen))
    await connection.execute(delete(USAGE).where(of_day))


async def count(database: Database) -> int:
    """How many single requests there are."""
    async with database.read() as connection:
        return int(await connection.scalar(select(func.count()).select_from(USAGE)) or 0)


async def ids(database: Database) -> Iterable[str]:
    """The ids of all single requests."""
    async with database.read() as connection:
        return list(await connection.scalars(select(USAGE.c.id)))
