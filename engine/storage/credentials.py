"""Credentials that came at run time. What is secret of them comes here encrypted and leaves encrypted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import and_, or_, select

from engine.storage import audit
from engine.storage.database import Connection, Database, Refused, rows_of
from engine.storage.revisions import bump
from engine.storage.tables import CREDENTIALS

TABLE = "credentials"
ON_COMMAND = "cli"
LONGEST_NAME = 100

ROW = CREDENTIALS.c

Args = Mapping[str, Any]
Row = dict[str, Any]


async def listed(database: Database) -> list[Row]:
    """All rows, ciphertext and all."""
    async with database.read() as connection:
        return rows_of(await connection.execute(select(CREDENTIALS).order_by(ROW.pool, ROW.id)))


async def ready(database: Database, args: Args) -> bool:
    """Whether something could be stored now; raises as all others do when not."""
    async with database.read() as connection:
        await connection.execute(select(ROW.id).limit(1))
    return True


async def add(database: Database, args: Args) -> None:
    """`pool id data key_id now`, and `weight models limits expires provider who replace`.

    Raises `Refused` when it is there and is not to be replaced.
    """
    pool, id_ = _names(args)
    fields = {name: args.get(name) for name in ("key_id", "models", "limits", "expires", "provider")}
    fields |= {"data": args["data"], "weight": args.get("weight", 1.0), "updated": args["now"]}
    fields |= {"problem": None, "lease": None}
    async with database.begin() as connection:
        known = await _row(connection, pool, id_)
        if known is not None and known["data"] and not args.get("replace"):
            raise Refused(f"pool {pool!r} has a credential {id_!r} already", "already_there", 409)
        if known is None:
            await connection.execute(
                CREDENTIALS.insert(), {"pool": pool, "id": id_, "created": args["now"], **fields}
            )
        else:
            await _update(connection, pool, id_, fields)
        await _told(connection, args, "credential added", pool, id_)


async def renew(database: Database, args: Args) -> bool:
    """`pool id data key_id expires now`, and `before`: the ciphertext that it replaces.

    False when that is gone. The lease ends with it.
    """
    pool, id_ = _names(args)
    fields = {name: args[name] for name in ("data", "key_id", "expires")}
    fields |= {"updated": args["now"], "problem": None, "lease": None}
    async with database.begin() as connection:
        changed = await connection.execute(
            CREDENTIALS.update().where(_is(pool, id_), ROW.data == args["before"]).values(fields)
        )
        if changed.rowcount:
            await bump(connection, TABLE)
        return bool(changed.rowcount)


async def fail(database: Database, args: Args) -> None:
    """`pool id problem`: a refresh did not work. Its lease stays until it ends, so that nobody hurries."""
    pool, id_ = _names(args)
    async with database.begin() as connection:
        await _update(connection, pool, id_, {"problem": str(args["problem"])[:500]})
        await bump(connection, TABLE)


async def lease(database: Database, args: Args) -> bool:
    """`pool id now until`: whether the caller alone may refresh it until then."""
    pool, id_ = _names(args)
    free = or_(ROW.lease.is_(None), ROW.lease <= args["now"])
    async with database.begin() as connection:
        changed = await connection.execute(
            CREDENTIALS.update().where(and_(_is(pool, id_), free)).values(lease=args["until"])
        )
        return bool(changed.rowcount)


async def disable(database: Database, args: Args) -> None:
    """`pool id now`, and `reason who`. One that stands in the site's files gets a row without data."""
    await _switch(
        database, args, {"disabled": str(args.get("reason") or "by hand")[:200]}, "credential disabled"
    )


async def enable(database: Database, args: Args) -> None:
    """`pool id now`, and `who`. What workers hold against it is forgotten, too."""
    await _switch(database, args, {"disabled": None, "enabled": args["now"]}, "credential enabled")


async def delete(database: Database, args: Args) -> None:
    """`pool id`, and `who now`. Raises `Refused` when it is not stored."""
    pool, id_ = _names(args)
    async with database.begin() as connection:
        known = await _row(connection, pool, id_)
        if known is None or not known["data"]:
            raise Refused(f"pool {pool!r} has no stored credential {id_!r}", "no_such_credential", 404)
        await connection.execute(CREDENTIALS.delete().where(_is(pool, id_)))
        await _told(connection, args, "credential deleted", pool, id_)


async def _switch(database: Database, args: Args, change: Row, what: str) -> None:
    pool, id_ = _names(args)
    async with database.begin() as connection:
        if await _row(connection, pool, id_) is None:
            fresh = {"pool": pool, "id": id_, "data": "", "weight": 1.0, "created": args["now"]}
            await connection.execute(CREDENTIALS.insert(), {**fresh, "updated": args["now"]})
        await _update(connection, pool, id_, {**change, "updated": args["now"]})
        await _told(connection, args, what, pool, id_)


async def _row(connection: Connection, pool: str, id_: str) -> Row | None:
    found = rows_of(await connection.execute(select(CREDENTIALS).where(_is(pool, id_))))
    return found[0] if found else None


async def _update(connection: Connection, pool: str, id_: str, fields: Row) -> None:
    await connection.execute(CREDENTIALS.update().where(_is(pool, id_)).values(fields))


async def _told(connection: Connection, args: Args, what: str, pool: str, id_: str) -> None:
    await bump(connection, TABLE)
    await audit.note(connection, args["now"], str(args.get("who") or ON_COMMAND), what, f"{pool}/{id_}")


def _is(pool: str, id_: str) -> Any:
    return and_(ROW.pool == pool, ROW.id == id_)


def _names(args: Args) -> tuple[str, str]:
    """Raises `Refused` for names that the table cannot hold."""
    pool, id_ = str(args["pool"]), str(args["id"])
    if not (0 < len(pool) <= LONGEST_NAME and 0 < len(id_) <= LONGEST_NAME):
        raise Refused(f"names have 1 to {LONGEST_NAME} characters", "invalid_value")
    return pool, id_
