"""Keeps a worker's vault up to date: the credentials that come at run time, not with the site's files."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from engine import diagnostics
from engine.adapters.credential_files import CredentialFiles, Look
from engine.adapters.safe import Safe
from engine.credentials.model import Found, Pool
from engine.credentials.pool import forgive
from engine.credentials.vault import Vault
from engine.ports import Clock, Counters, Telemetry
from engine.server.vault.begun import begun_of
from engine.server.vault.steering import Helm
from engine.server.vault.stored import Opener, Place, Row, Stored

LOOK_EVERY = 0.2
# Looking may cost this share of one core at most: thousands of files are looked at less often.
LOOK_SHARE = 0.02


class Keyring:
    """`prepare` before a snapshot is served, then `run` until cancelled; `follow` gets what is stored. `data`
    is the data directory."""

    def __init__(
        self,
        site: Path,
        data: Path,
        vault: Vault,
        safe: Safe,
        clock: Clock,
        counters: Counters,
        telemetry: Telemetry,
    ) -> None:
        self.site = site
        self._vault = vault
        self._clock = clock
        self._counters = counters
        self._telemetry = telemetry
        self._files = CredentialFiles(site, clock.now)
        self._opener = Opener(safe)
        self._looking = threading.Lock()
        self._using = asyncio.Lock()
        self._watched: Mapping[str, Pool] = {}
        self._began = clock.now()
        self.look = Look()
        self.stored = Stored()
        self.helm = Helm(data, telemetry)

    @property
    def states(self) -> dict[str, Any]:
        """The files that cannot be used, as `GET /admin/config` shows files."""
        return {
            name: {"state": "rejected", "since": since, "diagnostics": [diagnostics.to_data(item)]}
            for name, (since, item) in self.look.broken.items()
        }

    def prepare(self, pools: Mapping[str, Pool]) -> Callable[[], None]:
        """Look for the credentials of pools that will be served; gives what puts them in use."""
        watched = {name: pool for name, pool in pools.items() if pool.directories}
        look = self._look_at(watched)
        begun = begun_of(self.site, watched.values(), self._telemetry)
        self.helm.look()

        def use() -> None:
            self._watched = watched
            self.helm.begin(begun)
            self._use(look)

        return use

    def follow(self, rows: Sequence[Row]) -> None:
        """What is stored has changed."""
        before, self.stored = self.stored, self._opener.open(rows)
        self._fill()
        for place, why in self.stored.closed.items():
            if before.closed.get(place) != why:
                fields = {"pool": place[0], "credential": place[1], "error": why}
                self._telemetry.log("error", "stored credential cannot be used", fields)
        for place, row in self.stored.rows.items():
            self._forgive(place, row, before.rows.get(place))

    async def run(self) -> None:
        while True:
            self.look_at_helm()
            await self._clock.sleep(await self._look_again())

    def look_at_helm(self) -> None:
        """Use what was said about who is next."""
        if self.helm.look():
            self._fill()

    def _forgive(self, place: Place, row: Row, before: Row | None) -> None:
        """What is held against a credential that somebody enabled is forgotten."""
        known = (before or {}).get("enabled") or self._began
        if row["enabled"] is not None and row["enabled"] > known:
            forgive(self._counters, *place)

    async def _look_again(self) -> float:
        """Look once; the seconds until the next time."""
        if not self._watched:
            return LOOK_EVERY
        began = time.monotonic()
        await self._look_once()
        return max(LOOK_EVERY, (time.monotonic() - began) / LOOK_SHARE)

    async def look_now(self) -> None:
        """See what was written here: a file counts once it was the same in two looks."""
        await self._look_once()
        await self._look_once()

    async def _look_once(self) -> None:
        async with self._using:
            watched = self._watched
            look = await asyncio.to_thread(self._look_at, watched)
            if watched is self._watched and look != self.look:
                self._use(look)

    def _look_at(self, pools: Mapping[str, Pool]) -> Look:
        with self._looking:
            return self._files.look(pools) if pools else Look()

    def _use(self, look: Look) -> None:
        before, self.look = self.look, look
        self._fill()
        for name, (_, item) in look.broken.items():
            if before.broken.get(name, (0.0, None))[1] != item:
                fields = {"file": name, "message": item.message, "line": item.at.line}
                self._telemetry.log("warning", "credential file skipped", fields)

    def _fill(self) -> None:
        """All pools at once: a request sees what was before or what is now."""
        files, stored, steered = self.look.credentials, self.stored, self.helm.by_pool
        found = {
            pool: Found(
                _joined(files.get(pool, ()), stored.credentials.get(pool, ())),
                stored.off.get(pool, NONE),
                steered.get(pool),
            )
            for pool in {**files, **stored.credentials, **stored.off, **steered}
        }
        self._vault.found = {pool: each for pool, each in found.items() if each != Found()}


NONE: frozenset[str] = frozenset()


def _joined(files: Sequence[Any], stored: Sequence[Any]) -> tuple[Any, ...]:
    """A file wins over what is stored under its id."""
    known = {credential.id for credential in files}
    return (*files, *(credential for credential in stored if credential.id not in known))
