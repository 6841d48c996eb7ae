"""What the leading worker does for all: credentials are renewed before they end, and those that were refused
are probed, where the site says so."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Coroutine
from typing import Any

from engine.credentials.model import Credential, Pool
from engine.credentials.pool import forgive
from engine.errors import EngineError
from engine.gateway import login
from engine.gateway.errand import try_operation
from engine.ports import Telemetry
from engine.server.vault.standing import pools_of
from engine.server.vault.stored import Place
from engine.server.vault.treasury import Treasury
from engine.snapshot.model import Provider

LOOK_EVERY = 1.0
AT_ONCE = 8
# A refresh that failed is tried again after a while that doubles each time; nobody else tries meanwhile.
FIRST_PAUSE, LONGEST_PAUSE = 30.0, 3600.0
# A platform may refuse a good token for reasons of its own.
EARLY_EVERY = 600.0


class Errands:
    """`run` until cancelled. `leads` tells whether this worker is the one."""

    def __init__(
        self, treasury: Treasury, telemetry: Telemetry, leads: Callable[[], bool] = lambda: True
    ) -> None:
        self._treasury = treasury
        self._telemetry = telemetry
        self._leads = leads
        self._clock = treasury.outside.clock
        self._running: dict[tuple[str, Place], asyncio.Task[None]] = {}
        self._room = asyncio.Semaphore(AT_ONCE)
        self._again: dict[Place, tuple[float, float]] = {}
        self._early: dict[Place, float] = {}
        self._probed: dict[Place, float] = {}
        self._unsaved: dict[Place, tuple[str, dict[str, Any]]] = {}

    async def run(self) -> None:
        try:
            while True:
                if self._leads():
                    self.look()
                await self._clock.sleep(LOOK_EVERY)
        finally:
            for task in self._running.values():
                task.cancel()

    def look(self) -> None:
        """Start whatever is due now."""
        if self._treasury.served() is None:
            return
        now = self._clock.now()
        for place in self._places():
            if self._refresh_is_due(place, now):
                self._start("refresh", place, self.refresh(place))
        for pool in pools_of(self._treasury.snapshot).values():
            if pool.probe is not None:
                self._probe_pool(pool, pool.probe.every, now)

    async def settled(self) -> None:
        """Wait until all that was started has ended."""
        await asyncio.gather(*self._running.values())

    def _start(self, what: str, place: Place, work: Coroutine[Any, Any, None]) -> None:
        key = what, place
        if key in self._running:
            work.close()
            return

        async def run() -> None:
            async with self._room:
                try:
                    await work
                except EngineError as failure:
                    self._log("warning", f"{what} failed", place, error=failure.info.message)

        task = asyncio.get_running_loop().create_task(run())
        self._running[key] = task
        task.add_done_callback(lambda _: self._running.pop(key, None))

    # Refreshing

    def _places(self) -> list[Place]:
        """Those that may be renewed: stored ones, and files that the site says how to write."""
        keyring = self._treasury.keyring
        files = (place for place, placed in keyring.look.places.items() if placed.form.write is not None)
        return [*keyring.stored.rows, *(place for place in files if place not in keyring.stored.rows)]

    def _refresh_is_due(self, place: Place, now: float) -> bool:
        if place in self._unsaved:
            return True
        provider, credential = self._login_of(place)
        if provider is None or credential is None or now < self._again.get(place, (0.0, 0.0))[0]:
            return False
        due = login.refresh_due(self._treasury.outside, provider, credential)
        return now >= due or (due < math.inf and self._is_refused(place, credential, now))

    def _is_refused(self, place: Place, credential: Credential, now: float) -> bool:
        """One that the platform took back before its time is renewed too, but not again and again."""
        pool = pools_of(self._treasury.snapshot).get(place[0])
        counters = self._treasury.outside.counters
        if pool is None or counters.marks(pool.counted.refusals).get(credential.stamp, 0.0) <= now:
            return False
        if now < self._early.get(place, 0.0):
            return False
        self._early[place] = now + EARLY_EVERY
        return True

    def _is_file(self, place: Place) -> bool:
        return place in self._treasury.keyring.look.places

    def _login_of(self, place: Place) -> tuple[Provider | None, Credential | None]:
        if self._is_file(place):
            return self._treasury.renewer_of(place[0]), self._treasury.find(place)
        stored = self._treasury.keyring.stored
        name = stored.rows[place]["provider"]
        provider = self._treasury.snapshot.providers.get(name) if name else None
        usable = provider if provider and provider.off is None else None
        return usable, stored.credential(place)

    async def refresh(self, place: Place) -> None:
        """Renew one, if nobody else does. Raises `EngineError` when the database is away."""
        if place in self._unsaved:
            await self._save(place, *self._unsaved[place])
            return
        now = self._clock.now()
        pause = self._again.get(place, (0.0, FIRST_PAUSE / 2))[1] * 2
        pause = min(LONGEST_PAUSE, pause)
        args = {"pool": place[0], "id": place[1], "now": now, "until": now + pause}
        file = self._is_file(place)  # of a machine, where one leads
        if not file and not await self._treasury.ask("credentials.lease", args):
            self._again[place] = (now + FIRST_PAUSE, pause / 2)
            return
        provider, credential = self._login_of(place)
        if provider is None or credential is None:
            return
        before = str(credential.key if file else self._treasury.keyring.stored.rows[place]["data"])
        try:
            fields = await login.refresh(self._treasury.outside, provider, credential)
        except EngineError as failure:
            self._again[place] = (now + pause, pause)
            self._log("warning", "refresh failed", place, error=failure.info.message, again_in=pause)
            if not file:
                await self._treasury.ask("credentials.fail", {**args, "problem": failure.info.message})
            return
        await self._save(place, before, fields)

    async def _save(self, place: Place, before: str, fields: dict[str, Any]) -> None:
        """What cannot be stored now is kept: the platform may give it but once."""
        self._unsaved[place] = (before, fields)
        saved = await self._treasury.renew(place, before, fields)
        del self._unsaved[place]
        self._again[place] = (self._clock.now() + FIRST_PAUSE, FIRST_PAUSE / 2)
        if saved:
            self._log("info", "credential refreshed", place, expires=int(fields.get("expires") or 0) or None)

    # Probing

    def _probe_pool(self, pool: Pool, every: float, now: float) -> None:
        outside = self._treasury.outside
        marks = outside.counters.marks(pool.counted.refusals)
        if not marks:
            return
        for credential in outside.vault.pool(pool).credentials:
            place = pool.name, credential.id
            if marks.get(credential.stamp, 0.0) <= now:
                self._probed.pop(place, None)
            elif now >= self._probed.setdefault(place, now + every):
                self._probed[place] = now + every
                self._start("probe", place, self._probe(pool, credential))

    async def _probe(self, pool: Pool, credential: Credential) -> None:
        assert pool.probe is not None
        operation, treasury = pool.probe.operation, self._treasury
        provider = treasury.user_of(pool.name, operation)
        await try_operation(treasury.outside, provider, credential, operation)
        forgive(treasury.outside.counters, pool.name, credential.id)
        self._log("info", "credential works again", (pool.name, credential.id))

    def _log(self, level: str, event: str, place: Place, **fields: object) -> None:
        self._telemetry.log(level, event, {"pool": place[0], "credential": place[1], **fields})
