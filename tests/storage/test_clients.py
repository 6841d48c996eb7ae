from __future__ import annotations

import asyncio
from typing import Any

import pytest

from engine.storage import audit, clients
from engine.storage.database import Database, Refused
from engine.storage.revisions import revisions

ONE, TWO, THREE = ("1" * 64, "2" * 64, "3" * 64)


def args(name: str = "web", at: float = 100.0, **more: Any) -> dict[str, Any]:
    return {"name": name, "who": "admin@here", "at": at, **more}


async def made(database: Database, name: str = "web", digest: str = ONE, **more: Any) -> dict[str, Any]:
    return await clients.create(database, args(name, digest=digest, terms={"models": ["a*"]}, **more))


async def refusal(work: Any) -> tuple[str, int]:
    with pytest.raises(Refused) as caught:
        await work
    return caught.value.code, caught.value.status


async def test_what_is_shown_of_a_client_is_no_digest(database: Database) -> None:
    row = await made(database, expires=900.0, note="hi")
    assert row == {
        "name": "web", "terms": {"models": ["a*"]}, "expires": 900.0, "note": "hi", "created": 100.0,
        "updated": 100.0, "revoked": None, "old_until": None,
    }  # fmt: skip
    assert await clients.listed(database, {}) == [row] == [await clients.shown(database, {"name": "web"})]
    assert await clients.published(database) == {
        "clients": [{
            "name": "web", "digest": ONE, "old_digest": None, "old_until": None,
            "terms": {"models": ["a*"]}, "expires": 900.0,
        }],
        "any": True,
    }  # fmt: skip


async def test_a_name_is_taken_once(database: Database) -> None:
    assert await clients.published(database) == {"clients": [], "any": False}
    await made(database)
    assert await refusal(made(database, digest=TWO)) == ("client_exists", 409)
    found = await asyncio.gather(
        *(made(database, "other", digest) for digest in (ONE, TWO, THREE)), return_exceptions=True
    )
    assert sum(isinstance(each, dict) for each in found) == 1


async def test_two_keys_hold_during_a_rotation(database: Database) -> None:
    await made(database)
    row = await clients.rotate(database, args(at=200.0, digest=TWO, grace=60.0))
    assert (row["old_until"], row["updated"]) == (260.0, 200.0)
    (published,) = (await clients.published(database))["clients"]
    assert (published["digest"], published["old_digest"], published["old_until"]) == (TWO, ONE, 260.0)
    assert [await clients.holder(database, {"digest": each}) for each in (ONE, TWO)] == ["web", "web"]
    assert await refusal(clients.holder(database, {"digest": THREE})) == ("unknown_client", 404)
    await clients.rotate(database, args(digest=THREE, grace=0))
    (published,) = (await clients.published(database))["clients"]
    assert (published["digest"], published["old_digest"], published["old_until"]) == (THREE, None, None)


async def test_a_revoked_client_is_published_no_more(database: Database) -> None:
    await made(database)
    assert (await clients.revoke(database, args(at=300.0)))["revoked"] == 300.0
    assert (await clients.revoke(database, args(at=400.0)))["revoked"] == 300.0
    assert await clients.published(database) == {"clients": [], "any": True}
    assert await refusal(clients.rotate(database, args(digest=TWO, grace=0))) == ("client_revoked", 409)
    assert await refusal(clients.update(database, args(terms={}))) == ("client_revoked", 409)
    await clients.delete(database, args())
    assert await clients.published(database) == {"clients": [], "any": False}


async def test_other_terms(database: Database) -> None:
    await made(database, note="hi")
    row = await clients.update(database, args(at=200.0, terms={"ips": ["10.0.0.0/8"]}, expires=5.0))
    assert (row["terms"], row["expires"], row["note"], row["created"]) == (
        {"ips": ["10.0.0.0/8"]},
        5.0,
        None,
        100.0,
    )


async def test_what_there_is_not(database: Database) -> None:
    for work in (
        clients.shown(database, {"name": "x"}),
        clients.update(database, args("x", terms={})),
        clients.rotate(database, args("x", digest=ONE, grace=1.0)),
        clients.revoke(database, args("x")),
        clients.delete(database, args("x")),
    ):
        assert await refusal(work) == ("unknown_client", 404)
    assert await audit.listed(database) == []  # nothing was done


async def test_each_change_is_told_and_audited(database: Database) -> None:
    before = (await revisions(database)).get("clients", 0)
    await made(database)
    await clients.rotate(database, args(digest=TWO, grace=5.0))
    await clients.revoke(database, args())
    assert (await revisions(database))["clients"] == before + 3
    told = [(row["who"], row["what"], row["target"]) for row in await audit.listed(database)]
    assert told == [("admin@here", f"clients.{what}", "web") for what in ("revoke", "rotate", "create")]
