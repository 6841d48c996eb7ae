"""Conversations: each belongs to a store and an owner, and is there for no other owner.

All verbs take `store`, `owner` and, where it is about one, `id`; whatever is not there for this owner is 404.
Times (`at` and what is given back) are seconds since 1970.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from engine.storage.database import Connection, Database, Refused, repeated, rows_of
from engine.storage.names import checked, exact, fitted
from engine.storage.tables import CONVERSATIONS, MESSAGES

Args = Mapping[str, Any]
Row = dict[str, Any]

ROW = CONVERSATIONS.c
SHOWN = [ROW.id, ROW.owner, ROW.user, ROW.title, ROW.messages, ROW.created, ROW.updated]
LIST_AT_MOST, GO_AT_ONCE = 1000, 500


@repeated
async def create(database: Database, args: Args) -> Row:
    """A new one. `at`, and `id user title`; `keep` is how many stay, `per` owner or store: the last used.

    Raises `Refused` when the owner has one of this `id`.
    """
    async with database.begin() as connection:
        made = await add(connection, args)
        if made is None:
            raise Refused(f"there is a conversation {args['id']!r} already", "conversation_exists", 409)
        return made


async def listed(database: Database, args: Args) -> dict[str, Any]:
    """`conversations` of an owner, the last used first, and how many there are in `total`.

    `user` narrows them; `limit` and `offset` give a page.
    """
    which = [ROW.whose == exact(args["store"], args["owner"])]
    if args.get("user") is not None:
        which.append(ROW.user == fitted(args["user"]))
    page = select(*SHOWN).where(*which).order_by(ROW.updated.desc(), ROW.number.desc())
    limit, offset = page_of(args, LIST_AT_MOST)
    async with database.read() as connection:
        total = (await connection.execute(select(func.count()).where(*which))).scalar_one()
        rows = rows_of(await connection.execute(page.limit(limit).offset(offset)))
    return {"conversations": rows, "total": total}


async def shown(database: Database, args: Args) -> Row:
    async with database.read() as connection:
        return await found(connection, args)


async def update(database: Database, args: Args) -> Row:
    """Another `title`, or `user`; with `if_untitled`, a title for one that has none yet, else nothing."""
    changes = {name: fitted(args[name]) for name in ("title", "user") if name in args}
    change = CONVERSATIONS.update().where(ROW.key == key_of(args))
    if args.get("if_untitled"):
        change = change.where(ROW.title.is_(None))
    async with database.begin() as connection:
        if changes:
            await connection.execute(change.values(changes))
        return await found(connection, args)


@repeated
async def delete(database: Database, args: Args) -> dict[str, Any]:
    """`deleted`: whether it was there."""
    async with database.begin() as connection:
        numbers = select(ROW.number).where(ROW.key == key_of(args)).with_for_update()
        gone = list((await connection.execute(numbers)).scalars())
        await _remove(connection, gone)
        return {"deleted": bool(gone)}


async def add(connection: Connection, args: Args) -> Row | None:
    """As `create`, in a transaction of the caller; None when it is there already."""
    id_ = checked(args["id"], "the id of a conversation") if args.get("id") is not None else str(uuid.uuid4())
    given = {**args, "id": id_}
    at = args["at"]
    row = {
        "key": key_of(given), "whose": exact(args["store"], args["owner"]), "store": fitted(args["store"]),
        "owner": fitted(args["owner"]), "id": id_, "user": fitted(args.get("user")),
        "title": fitted(args.get("title")), "messages": 0, "created": at, "updated": args.get("updated", at),
    }  # fmt: skip
    try:
        async with connection.begin_nested():
            await connection.execute(CONVERSATIONS.insert(), row)
    except IntegrityError:
        return None
    await _retain(connection, args, row)
    return await found(connection, given)


async def found(connection: Connection, args: Args) -> Row:
    """The row as it is shown. Raises `Refused`."""
    rows = rows_of(await connection.execute(select(*SHOWN).where(ROW.key == key_of(args))))
    if not rows:
        raise Refused(f"there is no conversation {args['id']!r}", "unknown_conversation", 404)
    return rows[0]


def key_of(args: Args) -> str:
    return exact(args["store"], args["owner"], args["id"])


def page_of(args: Args, at_most: int) -> tuple[int, int]:
    """`limit` and `offset`. Raises `Refused`."""
    limit, offset = args.get("limit"), args.get("offset") or 0
    limit = at_most if limit is None else limit
    for value, name, least in ((limit, "limit", 1), (offset, "offset", 0)):
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value < 2**31:
            raise Refused(f"{name}: a whole number from {least} on", "invalid_value")
    return min(limit, at_most), offset


async def _retain(connection: Connection, args: Args, row: Row) -> None:
    """Those used longest ago go, but never the one that is being made, which may be of long ago itself."""
    keep = args.get("keep")
    if keep is None:
        return
    column = ROW.store if args.get("per") == "store" else ROW.whose
    rest = select(ROW.number).where(column == row[column.name], ROW.key != row["key"])
    oldest = rest.order_by(ROW.updated.desc(), ROW.number.desc()).limit(GO_AT_ONCE).offset(keep - 1)
    await _remove(connection, list((await connection.execute(oldest)).scalars()))


async def _remove(connection: Connection, numbers: Sequence[int]) -> None:
    """Conversations first: whoever is about to add a message waits, and then finds none."""
    if numbers:
        await connection.execute(CONVERSATIONS.delete().where(ROW.number.in_(numbers)))
        await connection.execute(MESSAGES.delete().where(MESSAGES.c.conversation.in_(numbers)))
