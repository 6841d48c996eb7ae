"""What usage comes to, on every kind of database."""

from __future__ import annotations

from typing import Any

import pytest

from engine.storage.database import Database, Refused
from engine.storage.summary import BY, Question, summary, total
from engine.storage.usage import DAY, DIMENSIONS, retain
from tests.storage.test_usage import NOW, put, record

USED = [
    record("a", client="web", alias="fast", cost=0.5),
    record("b", client="web", alias="slow", cost=None, at=NOW - DAY),
    record("c", client="job", alias="slow", cost=2.0, at=NOW - DAY + 3600, status=502, error="upstream"),
    record("d", client=None, alias=None, provider=None, target=None, cost=0.0, prompt=None, output=None,
           first_byte_ms=None, attempts=0, status=401, at=NOW - 40 * DAY),
]  # fmt: skip


async def asked(database: Database, **args: Any) -> list[dict[str, Any]]:
    return await summary(database, Question.of(args))


def short(rows: list[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in names) for row in rows]


@pytest.mark.parametrize("folded", [False, True])
async def test_the_same_whether_single_requests_are_kept_or_not(database: Database, folded: bool) -> None:
    await put(database, USED)
    if folded:
        assert await retain(database, NOW - 20 * DAY) == 1
        assert await retain(database, NOW) == 1
    days = await asked(database, by=["day"])
    assert short(days, "day", "requests", "failed", "cost", "unpriced", "prompt") == [
        ("2024-08-25", 1, 1, 0.0, 0, None),
        ("2024-10-03", 2, 1, 2.0, 1, 200),
        ("2024-10-04", 1, 0, 0.5, 0, 100),
    ]
    clients = await asked(database, by=["client"])
    assert short(clients, "client", "requests", "cost", "unpriced") == [
        ("job", 1, 2.0, 0),
        ("web", 2, 0.5, 1),
        (None, 1, 0.0, 0),
    ]
    months = await asked(database, by=["month", "model"])
    assert short(months, "month", "model", "requests") == [
        ("2024-08", None, 1), ("2024-10", "fast", 1), ("2024-10", "slow", 2),
    ]  # fmt: skip
    assert short(await asked(database, by=["client"], where={"model": ["slow"]}), "client") == [
        ("job",),
        ("web",),
    ]
    assert total(days) | {"cost": 0} == total(clients) | {"cost": 0}
    assert (total(days)["cost"], total(days)["unpriced"], total(days)["requests"]) == (2.5, 1, 4)


@pytest.mark.parametrize("folded", [False, True])
async def test_by_what_was_asked_for(database: Database, folded: bool) -> None:
    old = record("c", operation=None)
    await put(database, [record("a", operation="embeddings", cost=2.0), record("b", operation="chat"), old])
    if folded:
        await retain(database, NOW + DAY)
    assert short(await asked(database, by=["operation"]), "operation", "requests", "cost") == [
        ("embeddings", 1, 2.0), (None, 1, 0.25), ("chat", 1, 0.25),
    ]  # fmt: skip
    only = await asked(database, by=["client"], where={"operation": ["chat", "count_tokens"]})
    assert short(only, "client", "requests") == [("web", 1)]


async def test_since_and_until(database: Database) -> None:
    await put(database, USED)
    assert short(await asked(database, by=["day"], since=NOW - DAY, until=NOW), "requests") == [(2,)]
    assert short(await asked(database, by=["hour"], since=NOW - DAY), "hour", "requests") == [
        ("2024-10-03 05:00", 1), ("2024-10-03 06:00", 1), ("2024-10-04 05:00", 1),
    ]  # fmt: skip
    assert await asked(database, since=NOW + 1) == []


async def test_means_and_what_is_not_known(database: Database) -> None:
    await put(
        database, [record("a", ms=10.0, cost=None), record("b", ms=30.0, first_byte_ms=None, cost=None)]
    )
    (row,) = await asked(database, by=["target"])
    assert (row["target"], row["ms"], row["first_byte_ms"], row["cost"], row["unpriced"]) == (
        "acme/l",
        20.0,
        4.0,
        None,
        2,
    )
    assert (row["reasoning"], row["output"]) == (None, 20)


async def test_nothing_is_asked_of_an_empty_database_in_vain(database: Database) -> None:
    assert await asked(database, by=["provider"]) == []
    assert total([])["requests"] == 0 and total([])["cost"] is None and total([])["ms"] is None


@pytest.mark.parametrize(
    "args",
    [{"by": ["colour"]}, {"where": {"day": ["x"]}}, {"by": ["day", "month"]}, {"by": ["client", "client"]}],
)
def test_what_cannot_be_asked(args: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="usage is"):
        Question.of(args)


def test_every_dimension_can_be_asked_for() -> None:
    assert set(BY.values()) == set(DIMENSIONS)
