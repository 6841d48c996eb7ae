"""`POST /admin/try`: a chat request of the operator, on the same way as everybody's.

`?client=NAME` asks as that client does, with what it may use and its limits. Else the operator asks, who may
use every model and is bound by no client's limits; in the ledger that is the client `admin-page`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from engine.errors import EngineUnavailable, RequestRefused
from engine.server.ingress import Answering
from engine.server.own_pages import Asked, OwnPage, admin_page
from engine.server.page import HUB, Answer
from engine.snapshot.model import Client, Snapshot

OPERATOR = Client("admin-page", (), everywhere=True)


def trial_pages(
    gateway: Answering, serving: Callable[[], Snapshot | None], clients: Callable[[], Iterable[Client]]
) -> dict[str, OwnPage]:
    """The page by its path. `clients` are all that are known, those made at run time among them."""

    async def try_(asked: Asked) -> Answer:
        snapshot = serving()
        if snapshot is None:
            raise EngineUnavailable("nothing is loaded yet", code="not_ready", retry_after=1.0)
        name = asked.inbound.query.get("client")
        client = OPERATOR if name is None else _named(name, clients())
        return await gateway.chat(snapshot, HUB, asked.inbound, client)

    return {"/admin/try": admin_page(POST=try_)}


def _named(name: str, clients: Iterable[Client]) -> Client:
    for client in clients:
        if client.name == name:
            return client
    message = f"no client {name[:80]!r} can call now"
    raise RequestRefused(message, status=404, code="no_such_client", param="client")
