"""Clients made at run time: what the admin pages and actions have in common."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from engine.errors import EngineUnavailable, RequestRefused
from engine.ports import Clock
from engine.snapshot.clients import digest
from engine.snapshot.model import Client, Snapshot
from engine.snapshot.stored_clients import KEYS, check_name, stored

Json = dict[str, Any]


class Clerk(Protocol):
    async def ask(self, verb: str, args: Mapping[str, Any] | None = None) -> Any: ...


class ClientDesk:
    """`new_key` makes a key; only its digest goes any further than to whom it is shown."""

    def __init__(
        self, clerk: Clerk, snapshot: Callable[[], Snapshot | None], clock: Clock, new_key: Callable[[], str]
    ) -> None:
        self._clerk = clerk
        self._snapshot = snapshot
        self._clock = clock
        self._new_key = new_key

    async def listed(self) -> list[Json]:
        """Those of route files, then those made at run time."""
        rows = await self._clerk.ask("clients.list")
        now = self._clock.now()
        return [*self.declared(), *(made_client(row, now) for row in rows)]

    def declared(self) -> list[Json]:
        """Those of route files alone."""
        now = self._clock.now()
        return [declared_client(client, now) for client in self._site().clients]

    async def shown(self, name: str) -> Json:
        for client in self._site().clients:
            if client.name == name:
                return declared_client(client, self._clock.now())
        return self._made(await self._clerk.ask("clients.show", {"name": name}))

    async def holder(self, key: str) -> str:
        """The name of the client made at run time that has the `key`."""
        return str(await self._clerk.ask("clients.holder", {"digest": digest(key)}))

    async def create(self, said: Mapping[str, Any], who: str) -> Json:
        """`said`: its name and terms. The client, and its key, which nobody is shown again."""
        body = dict(said)
        name = check_name(body.pop("name", None))
        site, now = self._site(), self._clock.now()
        if any(client.name == name for client in site.clients):
            raise declared_elsewhere(name)
        terms, key = stored(name, body, site.groups, now), self._new_key()
        row = await self._change("create", name, who, {"digest": digest(key), **terms.to_args()})
        return {"client": self._made(row), "key": key}

    async def update(self, name: str, said: Mapping[str, Any], who: str) -> Json:
        """What is said is changed, null takes away; all else stays."""
        before = await self._clerk.ask("clients.show", {"name": name})
        terms = stored(name, {**written(before), **said}, self._site().groups, self._clock.now())
        return self._made(await self._change("update", name, who, terms.to_args()))

    async def rotate(self, name: str, grace: float, who: str) -> Json:
        key = self._new_key()
        row = await self._change("rotate", name, who, {"digest": digest(key), "grace": grace})
        return {"client": self._made(row), "key": key}

    async def end(self, verb: str, name: str, who: str) -> Json:
        """`verb`: revoke or delete."""
        return self._made(await self._change(verb, name, who, {}))

    def _change(self, verb: str, name: str, who: str, args: Mapping[str, Any]) -> Awaitable[Any]:
        said = {"name": name, "who": who, "at": self._clock.now()}
        return self._clerk.ask(f"clients.{verb}", {**said, **args})

    def _made(self, row: Mapping[str, Any]) -> Json:
        return made_client(row, self._clock.now())

    def _site(self) -> Snapshot:
        snapshot = self._snapshot()
        if snapshot is None:
            raise EngineUnavailable("nothing is loaded yet", code="not_ready", retry_after=1.0)
        return snapshot


def written(row: Mapping[str, Any]) -> dict[str, Any]:
    """What an operator would have to write for a row."""
    return {**(row["terms"] or {}), "expires": row["expires"], "note": row["note"]}


def made_client(row: Mapping[str, Any], now: float) -> dict[str, Any]:
    """A client made at run time, as it is shown."""
    over = row["expires"] is not None and row["expires"] <= now
    state = "revoked" if row["revoked"] is not None else "expired" if over else "active"
    rotating = row["old_until"] is not None and row["old_until"] > now
    times = {key: row[key] for key in ("created", "updated", "revoked")}
    old = {"old_key_until": row["old_until"] if rotating else None}
    said = {key: value for key, value in written(row).items() if key in KEYS}
    return {"name": row["name"], "source": "stored", "state": state, **said, **times, **old}


def declared_client(client: Client, now: float) -> dict[str, Any]:
    """A client of a route file, as it is shown."""
    expires = client.gate.expires if client.gate else None
    return {
        "name": client.name,
        "source": "file",
        "state": "expired" if expires is not None and expires <= now else "active",
        "models": client.models,
        "groups": client.groups,
        "expires": expires,
    }


def declared_elsewhere(name: str) -> RequestRefused:
    message = f"the client {name!r} is declared in a route file; its name is taken"
    return RequestRefused(message, status=409, code="client_exists", param="name")
