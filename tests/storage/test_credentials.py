"""Stored credentials: added once, renewed by one, disabled and enabled, each change counted and noted."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from engine.storage import audit, credentials
from engine.storage.database import Database, Refused
from engine.storage.revisions import revisions

ONE = {"pool": "p", "id": "a", "now": 1.0, "who": "tests"}


def sealed(**more: Any) -> dict[str, Any]:
    return {**ONE, "data": "sealed-1", "key_id": "k1", **more}


async def rows(database: Database) -> list[dict[str, Any]]:
    return await credentials.listed(database)


async def test_added_once_unless_it_is_to_be_replaced(database: Database) -> None:
    await credentials.add(
        database, sealed(models=["m-*"], limits={"rpm": 5}, expires=9.0, provider="up", weight=2)
    )
    (row,) = await rows(database)
    assert (row["models"], row["limits"], row["expires"], row["provider"], row["weight"]) == (
        ["m-*"], {"rpm": 5}, 9.0, "up", 2.0,
    )  # fmt: skip
    with pytest.raises(Refused, match="already"):
        await credentials.add(database, sealed())
    await credentials.add(database, sealed(data="sealed-2", replace=True, now=2.0))
    (row,) = await rows(database)
    assert (row["data"], row["created"], row["updated"]) == ("sealed-2", 1.0, 2.0)
    assert (await revisions(database))["credentials"] == 2
    assert [(each["what"], each["target"], each["who"]) for each in await audit.listed(database)] == [
        ("credential added", "p/a", "tests")
    ] * 2


async def test_one_renews(database: Database) -> None:
    await credentials.add(database, sealed())
    wanted = {**ONE, "until": 50.0, "now": 10.0}
    had = await asyncio.gather(*(credentials.lease(database, wanted) for _ in range(4)))
    assert sorted(had) == [False, False, False, True]
    renewed = sealed(data="sealed-2", before="sealed-1", expires=99.0)
    assert await credentials.renew(database, renewed)
    assert not await credentials.renew(database, renewed)
    (row,) = await rows(database)
    assert (row["data"], row["expires"], row["lease"]) == ("sealed-2", 99.0, None)


async def test_a_refresh_that_failed_is_seen_and_its_lease_runs_out(database: Database) -> None:
    await credentials.add(database, sealed())
    assert await credentials.lease(database, {**ONE, "now": 10.0, "until": 50.0})
    await credentials.fail(database, {**ONE, "problem": "no way"})
    (row,) = await rows(database)
    assert (row["problem"], row["data"]) == ("no way", "sealed-1")
    assert not await credentials.lease(database, {**ONE, "now": 49.0, "until": 60.0})
    assert await credentials.lease(database, {**ONE, "now": 50.0, "until": 60.0})


async def test_what_stands_in_the_files_may_be_disabled_too(database: Database) -> None:
    await credentials.disable(database, {**ONE, "reason": "leaked"})
    (row,) = await rows(database)
    assert (row["data"], row["disabled"], row["enabled"]) == ("", "leaked", None)
    await credentials.enable(database, {**ONE, "now": 5.0})
    (row,) = await rows(database)
    assert (row["disabled"], row["enabled"]) == (None, 5.0)
    with pytest.raises(Refused, match="no stored credential"):
        await credentials.delete(database, ONE)


async def test_deleted(database: Database) -> None:
    await credentials.add(database, sealed())
    await credentials.delete(database, ONE)
    assert await rows(database) == []


@pytest.mark.parametrize("id_", ["", "x" * 101])
async def test_names(database: Database, id_: str) -> None:
    with pytest.raises(Refused, match="characters"):
        await credentials.disable(database, {**ONE, "id": id_})


async def test_ready(database: Database) -> None:
    assert await credentials.ready(database, {})
