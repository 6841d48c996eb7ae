"""What the server does for actions, by name (`Tools.do`); any other verb is the clerk's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.errors import RequestRefused
from engine.gateway.office import Verb
from engine.ports import Clock
from engine.server.client_desk import Clerk, ClientDesk
from engine.server.usage_question import question


def client_verbs(desk: ClientDesk) -> dict[str, Verb]:
    """`who`: whoever does it, for the audit."""

    async def create(args: Mapping[str, Any]) -> Any:
        return await desk.create(args["client"], args["who"])

    async def listed(_: Mapping[str, Any]) -> Any:
        return await desk.listed()

    async def revoke(args: Mapping[str, Any]) -> Any:
        name = args["name"] if "name" in args else await desk.holder(args["key"])
        return await desk.end("revoke", name, args["who"])

    return {"clients.create": create, "clients.list": listed, "clients.revoke": revoke}


def usage_verbs(clerk: Clerk, clock: Clock, waiting: Callable[[], int | None]) -> dict[str, Verb]:
    """`waiting`: records on the way to the database."""

    async def stats(args: Mapping[str, Any]) -> Any:
        """`args` in words, as in the query of `/admin/usage`."""
        try:
            asked = question(args, clock.now())
        except ValueError as exc:
            raise RequestRefused(str(exc), code="invalid_value") from None
        return {**await clerk.ask("usage.summary", asked), "waiting": waiting()}

    return {"usage.stats": stats}
