"""What `proxyctl explain` tells of clients: who may ask for a model, and why another may not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.gateway.access import is_invited, may_use
from engine.globs import matches_any
from engine.snapshot.model import Alias, Client, Snapshot

# A site may have thousands of clients.
MOST_SHOWN = 50

Json = dict[str, Any]


def access(snapshot: Snapshot, name: str, client: Client | None, now: float) -> Json | None:
    """`{clients: [{name, allowed, why}], more, anonymous}`, of one client if it is named; None for an unknown
    model. `anonymous`: whether callers without a key may ask for it, where they are let in at all."""
    found = snapshot.aliases.match(name)
    if found is None:
        return None
    alias = found.value
    asked = snapshot.clients if client is None else (client,)
    shown = [_told(alias, name, each, now) for each in asked[:MOST_SHOWN]]
    return {
        "clients": shown,
        "more": max(0, len(asked) - MOST_SHOWN),
        "anonymous": may_use(alias, name, None),
    }


def _told(alias: Alias, name: str, client: Client, now: float) -> Json:
    reasons = list(_reasons(alias, name, client, now))
    return {"name": client.name, "allowed": not reasons, "why": reasons or list(_bounds(client))}


def _reasons(alias: Alias, name: str, client: Client, now: float) -> Iterator[str]:
    if alias.access is not None and not is_invited(alias, client):
        yield f"`access` of {alias.name!r} is for {_named(alias)}"
    if client.models is not None and not matches_any(client.models, name):
        whose = "its `models` and those of its groups" if client.groups else "its `models`"
        yield f"{whose} are {', '.join(client.models) or 'none'}"
    if client.narrowed is not None and not matches_any(client.narrowed, name):
        yield f"its token is for {', '.join(client.narrowed) or 'no model'}"
    if client.gate is not None and client.gate.expires is not None and client.gate.expires <= now:
        yield "it has expired"


def _bounds(client: Client) -> Iterator[str]:
    """What it must mind though it may."""
    gate = client.gate
    if gate is not None and gate.within is not None:
        yield "from its networks alone"
    if gate is not None and gate.endpoints is not None:
        yield "by its endpoints alone"


def _named(alias: Alias) -> str:
    groups = [f"members of {group}" for group in alias.access_groups]
    return ", ".join([*(alias.access or ()), *groups]) or "nobody"
