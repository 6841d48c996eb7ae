"""Clients made at run time: their terms, and the digests of their keys. A key itself never comes here.

Each change says who makes it (`who`) and when (`at`), and stands in the audit.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import select

from engine.storage.audit import note
from engine.storage.database import Connection, Database, Refused, rows_of
from engine.storage.insert import insert_new
from engine.storage.revisions import bump
from engine.storage.tables import CLIENTS

Args = Mapping[str, Any]
TABLE = "clients"

# What may be shown of a row.
SHOWN = [column for column in CLIENTS.c if column.name not in ("digest", "old_digest")]


async def listed(database: Database, args: Args) -> list[dict[str, Any]]:
    """All of them, by name; digests are left out."""
    async with database.read() as connection:
        return rows_of(await connection.execute(select(*SHOWN).order_by(CLIENTS.c.name)))


async def shown(database: Database, args: Args) -> dict[str, Any]:
    """One. Raises `Refused` when there is none of that `name`."""
    async with database.read() as connection:
        return await _row(connection, args["name"])


async def holder(database: Database, args: Args) -> str:
    """The name of the one whose key has the `digest`, as its key of now or the one before."""
    digest = args["digest"]
    found = select(CLIENTS.c.name).where((CLIENTS.c.digest == digest) | (CLIENTS.c.old_digest == digest))
    async with database.read() as connection:
        name: str | None = (await connection.execute(found)).scalar()
    if name is None:
        raise Refused("no client made at run time has this key", "unknown_client", 404)
    return name


async def create(database: Database, args: Args) -> dict[str, Any]:
    """`digest`, `terms`, `expires`, `note` of a new one."""
    name, at = args["name"], args["at"]
    row = {
        "name": name, "digest": args["digest"], "old_digest": None, "old_until": None, "revoked": None,
        "terms": args["terms"], "expires": args.get("expires"), "note": args.get("note"),
        "created": at, "updated": at,
    }  # fmt: skip
    async with _change(database, args, "create") as connection:
        await connection.execute(insert_new(connection.dialect, CLIENTS), row)
        digest = select(CLIENTS.c.digest).where(CLIENTS.c.name == name)
        if (await connection.execute(digest)).scalar() != args["digest"]:
            raise Refused(f"there is a client {name!r} already", "client_exists", 409)
        return await _row(connection, name)


async def update(database: Database, args: Args) -> dict[str, Any]:
    """Other `terms`, `expires` and `note`."""
    changes = {key: args.get(key) for key in ("terms", "expires", "note")}
    async with _change(database, args, "update") as connection:
        return await _set(connection, args, changes)


async def rotate(database: Database, args: Args) -> dict[str, Any]:
    """`digest` is of the new key; the key before holds for `grace` seconds more, any older one no more."""
    async with _change(database, args, "rotate") as connection:
        before = select(CLIENTS.c.digest).where(CLIENTS.c.name == args["name"])
        old = (await connection.execute(before.with_for_update())).scalar()
        until = args["at"] + args["grace"] if args["grace"] > 0 else None
        changes = {"digest": args["digest"], "old_digest": old if until else None, "old_until": until}
        return await _set(connection, args, changes)


async def revoke(database: Database, args: Args) -> dict[str, Any]:
    """No key of it lets in any more, for good. Once more is as once."""
    async with _change(database, args, "revoke") as connection:
        row = await _row(connection, args["name"])
        if row["revoked"] is not None:
            return row
        return await _set(connection, args, {"revoked": args["at"]})


async def delete(database: Database, args: Args) -> dict[str, Any]:
    """It is gone, and its name is free."""
    async with _change(database, args, "delete") as connection:
        row = await _row(connection, args["name"])
        await connection.execute(CLIENTS.delete().where(CLIENTS.c.name == args["name"]))
        return row


async def published(database: Database) -> dict[str, Any]:
    """What workers need: `clients` that may call, and whether there are `any` at all, revoked ones too."""
    columns = [
        CLIENTS.c[name]
        for name in ("name", "digest", "old_digest", "old_until", "terms", "expires", "revoked")
    ]
    async with database.read() as connection:
        rows = rows_of(await connection.execute(select(*columns).order_by(CLIENTS.c.name)))
    living = [row for row in rows if row.pop("revoked") is None]
    return {"clients": living, "any": bool(rows)}


@asynccontextmanager
async def _change(database: Database, args: Args, what: str) -> AsyncIterator[Connection]:
    """A transaction that is told to everybody, and to the audit."""
    async with database.begin() as connection:
        yield connection
        await note(connection, args["at"], args["who"], f"clients.{what}", args["name"])
        await bump(connection, TABLE)


async def _set(connection: Connection, args: Args, changes: Mapping[str, Any]) -> dict[str, Any]:
    row = await _row(connection, args["name"])
    if row["revoked"] is not None:
        raise Refused(f"the client {args['name']!r} is revoked; make another one", "client_revoked", 409)
    changed = CLIENTS.update().where(CLIENTS.c.name == args["name"]).values(updated=args["at"], **changes)
    await connection.execute(changed)
    return await _row(connection, args["name"])


async def _row(connection: Connection, name: str) -> dict[str, Any]:
    found = rows_of(await connection.execute(select(*SHOWN).where(CLIENTS.c.name == name)))
    if not found:
        raise Refused(f"there is no client {name!r} made at run time", "unknown_client", 404)
    return found[0]
