"""What the clerk does for workers, by name: the verbs, and the tables that it publishes to them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from engine.storage import audit, clients, conversations, credentials, messages, profiles, summary
from engine.storage.database import Database

Args = Mapping[str, Any]
Verb = Callable[[Database, Args], Awaitable[Any]]
Publisher = Callable[[Database], Awaitable[Any]]


async def _usage_summary(database: Database, args: Args) -> Any:
    return await summary.told(database, args)


async def _audit_list(database: Database, args: Args) -> Any:
    return await audit.listed(database, int(args.get("limit", 100)))


async def _audit_note(database: Database, args: Args) -> None:
    """`who what target at`, of a change that is kept elsewhere than in the database."""
    async with database.begin() as connection:
        await audit.note(connection, args["at"], args["who"], args["what"], args["target"])


VERBS: dict[str, Verb] = {
    "audit.list": _audit_list,
    "audit.note": _audit_note,
    "usage.summary": _usage_summary,
    "credentials.ready": credentials.ready,
    "credentials.add": credentials.add,
    "credentials.renew": credentials.renew,
    "credentials.fail": credentials.fail,
    "credentials.lease": credentials.lease,
    "credentials.enable": credentials.enable,
    "credentials.disable": credentials.disable,
    "credentials.delete": credentials.delete,
    "clients.list": clients.listed,
    "clients.show": clients.shown,
    "clients.holder": clients.holder,
    "clients.create": clients.create,
    "clients.update": clients.update,
    "clients.rotate": clients.rotate,
    "clients.revoke": clients.revoke,
    "clients.delete": clients.delete,
    "conversations.create": conversations.create,
    "conversations.list": conversations.listed,
    "conversations.get": conversations.shown,
    "conversations.update": conversations.update,
    "conversations.delete": conversations.delete,
    "conversations.history": messages.history,
    "conversations.append": messages.append,
    "conversations.begin": messages.begin,
    "conversations.finish": messages.finish,
    "profiles.get": profiles.shown,
    "profiles.set": profiles.change,
}

# By the name that `revisions.bump` counts.
PUBLISHED: dict[str, Publisher] = {
    credentials.TABLE: credentials.listed,
    "clients": clients.published,
}
