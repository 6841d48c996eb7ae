"""What another program's database held, put into ours; what is there already stays as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from sqlalchemy import select

from engine.storage import clients, conversations, messages, profiles
from engine.storage.database import Database, Refused
from engine.storage.names import fitted
from engine.storage.tables import CLIENTS

Args = Mapping[str, Any]
Taken = Literal["new", "there"]


async def take_conversation(
    database: Database, args: Args, said: Sequence[Mapping[str, Any]], dry: bool = False
) -> Taken:
    """A conversation as `conversations.create` takes it, with all its messages or not at all."""
    if dry:
        async with database.read() as connection:
            return "there" if await messages.is_there(connection, args) else "new"
    async with database.begin() as connection:
        if await conversations.add(connection, args) is None:
            return "there"
        number, first = await messages.grow(connection, {**args, "at": args["updated"]}, len(said))
        await messages.put(connection, number, first, said, args["at"])
        return "new"


async def take_profile(database: Database, args: Args, dry: bool = False) -> Taken:
    """A profile as `profiles.set` takes it."""
    if await profiles.shown(database, args) is not None:
        return "there"
    if not dry:
        await profiles.change(database, args)
    return "new"


async def take_client(database: Database, args: Args, dry: bool = False) -> Taken:
    """A client as `clients.create` takes it. Raises `Refused` for a name that another client has."""
    known = select(CLIENTS.c.digest).where(CLIENTS.c.name == fitted(args["name"]))
    async with database.read() as connection:
        digest = (await connection.execute(known)).scalar()
    if digest is not None:
        if digest != args["digest"]:
            raise Refused(f"there is a client {args['name']!r} with another key", "client_exists", 409)
        return "there"
    if not dry:
        await clients.create(database, args)
    return "new"
