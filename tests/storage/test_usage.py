"""The ledger's table, on every kind of database."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError

from engine.gateway.record import COLUMNS
from engine.storage.database import Database, Unavailable, rows_of
from engine.storage.tables import USAGE, USAGE_DAYS
from engine.storage.usage import DAY, ROW, Row, add, columns_of_records, count, ids, retain, row_of

NOW = 20_000 * DAY + 3600.0 * 5


def record(id_: str, **changes: Any) -> Row:
    told: dict[str, Any] = dict.fromkeys(COLUMNS)
    told |= {
        "at": NOW, "request_id": "r", "client": "web", "alias": "fast", "provider": "acme", "target": "acme/l",
        "status": 200, "attempts": 1, "streamed": False, "aborted": False, "ms": 10.0, "first_byte_ms": 4.0,
        "prompt": 100, "output": 10, "cost": 0.25,
    }  # fmt: skip
    return row_of(id_, list((told | changes).values()))


async def put(database: Database, rows: Sequence[Row]) -> list[str]:
    return await add(database, [list(zip(*rows, strict=True))])


async def rows(database: Database, table: Any = USAGE) -> list[dict[str, Any]]:
    async with database.read() as connection:
        return rows_of(await connection.execute(select(table).order_by(table.c.id)))


async def test_each_record_is_in_there_once(database: Database) -> None:
    assert await put(database, [record("a"), record("b")]) == []
    assert await put(database, [record("b", client="other"), record("c")]) == []
    found = await rows(database)
    assert [(row["id"], row["client"]) for row in found] == [("a", "web"), ("b", "web"), ("c", "web")]
    assert found[0]["hour"] == 20_000 * 24 + 5 and found[0]["cost"] == 0.25 and found[0]["cache_read"] is None
    assert found[0]["at"] == NOW and await count(database) == 3 and set(await ids(database)) == set("abc")


async def test_two_that_write_the_same_at_once(database: Database) -> None:
    batch = [record(f"{number:03}") for number in range(50)]
    await asyncio.gather(put(database, batch), put(database, batch[::-1]))
    assert await count(database) == 50


async def test_what_no_column_holds_is_made_to_fit(database: Database) -> None:
    odd = record("a", client="x" * 500, target="nul\0é🙂", request_id=7, prompt=2**70, code="c" * 300)
    assert await put(database, [odd]) == []
    (row,) = await rows(database)
    assert len(row["client"]) == 200 and row["target"] == "nulé🙂" and row["prompt"] == 2**63 - 1
    assert row["request_id"] == "7" and len(row["code"]) == 100


GOOD: dict[str, Any] = dict.fromkeys(COLUMNS) | {
    "at": NOW, "request_id": "r", "status": 200, "attempts": 1, "streamed": True, "aborted": False, "ms": 1.5,
}  # fmt: skip


def test_the_rows_of_many_records_are_those_of_each() -> None:
    records = [list((GOOD | {"client": client, "prompt": 3}).values()) for client in ("web", None, "é")]
    ids = ["a", "b", "c"]
    columns = columns_of_records(ids, records)
    assert columns is not None
    assert [*zip(*columns, strict=True)] == [row_of(*each) for each in zip(ids, records, strict=True)]


@pytest.mark.parametrize(
    "odd",
    [
        {"client": "x" * 201}, {"target": "nul\0"}, {"request_id": 7}, {"alias": ["list"]}, {"code": "c" * 101},
        {"prompt": 2**63}, {"prompt": 1.5}, {"output": True}, {"at": "noon"}, {"later": "a column"},
    ],
)  # fmt: skip
def test_one_odd_record_is_enough_to_look_at_each(odd: dict[str, Any]) -> None:
    records = [list(GOOD.values()), list((GOOD | odd).values())]
    assert columns_of_records(["a", "b"], records) is None


async def test_rows_with_different_nulls_go_in_together(database: Database) -> None:
    assert await put(database, [record("a", error="timeout", cost=None), record("b", streamed=True)]) == []
    first, second = await rows(database)
    assert (first["error"], first["cost"], bool(first["streamed"])) == ("timeout", None, False)
    assert (second["error"], second["cost"], bool(second["streamed"])) == (None, 0.25, True)


def test_two_records_in_place_of_one_are_looked_at_each() -> None:
    assert columns_of_records(["a"], [list(GOOD.values())] * 2) is None


@pytest.mark.parametrize("status", [None, "no number"])
async def test_a_record_that_is_refused_does_not_hold_up_the_others(database: Database, status: Any) -> None:
    if status is not None and database.engine.dialect.name == "sqlite":
        pytest.skip("it takes any value")
    values = dict(zip(ROW, record("bad"), strict=True)) | {"status": status}
    assert await put(database, [record("a"), tuple(values.values()), record("b")]) == ["bad"]
    assert await count(database) == 2


async def test_a_table_that_is_gone_loses_no_record(database: Database) -> None:
    async with database.begin() as connection:
        await connection.execute(text("ALTER TABLE usage_days RENAME TO elsewhere"))
    try:
        with pytest.raises((ProgrammingError, Unavailable)):
            await retain(database, NOW) if await put(
                database, [record("a", at=NOW - 3 * DAY)]
            ) == [] else None
        assert await count(database) == 1
    finally:
        async with database.begin() as connection:
            await connection.execute(text("ALTER TABLE elsewhere RENAME TO usage_days"))


async def test_a_flag_that_is_none_is_refused_alone(database: Database) -> None:
    assert await put(database, [record("a"), record("b", aborted=None)]) == ["b"]
    assert await count(database) == 1


@pytest.mark.parametrize("columns", [5, len(COLUMNS) + 3])
def test_records_of_other_versions_are_read(columns: int) -> None:
    values = [NOW, "r", "web", None, "s", *[None] * 30]
    row = dict(zip(ROW, row_of("a", values[:columns]), strict=True))
    assert row["client"] == "web" and row["cost"] is None and set(row) == {*COLUMNS, "id", "hour"}


async def test_old_records_become_sums_of_their_days(database: Database) -> None:
    await put(
        database,
        [
            record("a", at=NOW - 2 * DAY),
            record(
                "b",
                at=NOW - 2 * DAY,
                cost=None,
                first_byte_ms=None,
                status=502,
                error="upstream",
                aborted=True,
            ),
            record("c", at=NOW - 2 * DAY, client=None, cache_read=7),
            record("d", at=NOW - DAY),
            record("e", at=NOW),
        ],
    )
    assert await retain(database, NOW - DAY) == 1
    assert set(await ids(database)) == {"d", "e"}
    assert await retain(database, NOW) == 1
    assert await retain(database, NOW) == 0
    sums = {(row["day"], row["client"]): row for row in await rows(database, USAGE_DAYS)}
    assert set(sums) == {(19_998, "web"), (19_998, None), (19_999, "web")}
    told = sums[19_998, "web"]
    assert {name: float(told[name]) for name in ("requests", "failed", "aborted", "timed", "priced", "prompt")} == {
        "requests": 2, "failed": 1, "aborted": 1, "timed": 1, "priced": 1, "prompt": 200,
    }  # fmt: skip
    assert (told["cost"], told["ms"], told["cache_read"]) == (0.25, 20.0, None)
    assert float(sums[19_998, None]["cache_read"]) == 7


async def test_two_that_make_sums_at_once_make_them_once(database: Database) -> None:
    await put(database, [record(f"{number}", at=NOW - 3 * DAY) for number in range(20)])
    assert sum(await asyncio.gather(retain(database, NOW), retain(database, NOW))) == 1
    assert [int(row["requests"]) for row in await rows(database, USAGE_DAYS)] == [20]
