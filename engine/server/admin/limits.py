"""`/admin/limits`: where every limit stands at this moment, over all workers."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from engine.gateway.admission import standing
from engine.gateway.outside import Outside
from engine.limits.allowance import Allowance
from engine.limits.told import rows
from engine.server.own_pages import Asked, OwnPage, admin_page
from engine.server.page import Page, json_page
from engine.snapshot.model import Client, Snapshot

# Of thousands of clients, one is asked for by name: `?client=`.
MOST = 1000


def limit_pages(
    outside: Outside, serving: Callable[[], Snapshot | None], clients: Callable[[], Iterable[Client]]
) -> dict[str, OwnPage]:
    """The page by path. `clients` are all that are known, those made at run time among them."""

    async def limits(asked: Asked) -> Page:
        name = asked.inbound.query.get("client")
        own = [client for client in clients() if name is None or client.name == name]
        found = [each for client in own for each in client.allowances]
        snapshot = serving()
        if name is None and snapshot is not None:
            found += of_site(snapshot)
        distinct = list({each.bounds[0].key: each for each in found}.values())
        told = await standing(outside, distinct[:MOST])
        return json_page({"limits": rows(told), "more": max(0, len(distinct) - MOST)})

    return {"/admin/limits": admin_page(GET=limits)}


def of_site(snapshot: Snapshot) -> list[Allowance]:
    """The limits of models, providers and their credentials."""
    exact, globs = snapshot.aliases.exact.values(), snapshot.aliases.globs.values()
    aliases = [alias.allowance for alias in (*exact, *(glob.value for group in globs for glob in group))]
    providers = snapshot.providers.values()
    pools = [provider.pool for provider in providers if provider.pool is not None]
    found = [*aliases, *(provider.allowance for provider in providers)]
    found += [each for pool in pools for each in pool.allowances.values()]
    return [each for each in found if each is not None]
