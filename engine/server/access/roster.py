"""Who may call, at this moment: clients of the snapshot, those made at run time, and bearers of tokens."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol, cast

from engine.ports import Clock, Telemetry, Tokens
from engine.server.access.auth import ClientKeys
from engine.server.access.bearers import Bearers
from engine.snapshot.model import Snapshot
from engine.snapshot.stored_clients import StoredClients
from engine.spec.settings import Settings

Table = Mapping[str, Any]


class TokenService(Tokens, Protocol):
    def retain(self, sources: Iterable[str]) -> None: ...

    async def run(self) -> None: ...


def token_service(site: Path, clock: Clock, telemetry: Telemetry) -> TokenService:
    """What most sites never need, and what is large: imported by those that do."""
    module = importlib.import_module("engine.adapters.tokens")
    return cast(TokenService, module.SignedTokens(site, clock, telemetry))


def known_late(settings: Settings) -> bool:
    """Whether there may be clients of which nothing is known until the database has been asked once.

    A file of this machine's own has been read before, or is new.
    """
    storage = settings.storage or "off"
    return storage != "off" and not storage.startswith("sqlite:")


class Roster:
    """Of one worker."""

    def __init__(
        self,
        clock: Clock,
        make_tokens: Callable[[], TokenService],
        start: Callable[[TokenService], None],
        use: Callable[[ClientKeys], None],
        known_late: bool = False,
    ) -> None:
        """`start` lets a token service run, once there is one; `use` puts other keys in use."""
        self._clock = clock
        self._make_tokens = make_tokens
        self._start = start
        self._use = use
        self._stored = StoredClients()
        self._table: Table = {"clients": [], "any": known_late}
        self.tokens: TokenService | None = None
        self.snapshot: Snapshot | None = None

    def learn(self, table: Table) -> None:
        """Clients were made, changed or revoked at run time: the table as the clerk publishes it."""
        self._table = table
        if self.snapshot is not None:
            self._use(self._keys(self.snapshot, self.tokens, table))

    def prepare(self, snapshot: Snapshot) -> tuple[ClientKeys, Callable[[], None]]:
        """The keys of a snapshot, and what is to be done when they come into use. May run in a thread."""
        new = self.tokens is None and bool(snapshot.tokens)
        tokens = self._make_tokens() if new else self.tokens
        table = self._table
        keys = self._keys(snapshot, tokens, table)

        def use() -> None:
            self.tokens, self.snapshot = tokens, snapshot
            if tokens is not None:
                tokens.retain({rule.check.source for rule in snapshot.tokens})
                if new:
                    self._start(tokens)
            if self._table is not table:
                self.learn(self._table)

        return keys, use

    def _keys(self, snapshot: Snapshot, tokens: Tokens | None, table: Table) -> ClientKeys:
        declared = {client.name for client in snapshot.clients}
        stored = self._stored.of(table["clients"], snapshot.groups, declared)
        bearers: Bearers | None = None
        if tokens is not None and snapshot.tokens:
            names = declared - {rule.name for rule in snapshot.tokens}
            reserved = names | {row["name"] for row in table["clients"]}
            bearers = Bearers(snapshot.tokens, snapshot.groups, reserved, tokens, self._clock)
        return ClientKeys.build(snapshot.clients, bearers, stored, asked=table["any"])
