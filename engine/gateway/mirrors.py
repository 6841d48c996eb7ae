"""Copies of requests to a second target: made in the background, their answers read and thrown away.

A copy begins when its request is on its way to the client, so that it delays nothing. It is no request of the
client's: nobody's limits count it, no line tells of it, and what it meets is held against no credential and
no breaker. It costs all the same, so the ledger has it, under the surface `mirror`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from engine.errors import EngineError, ErrorInfo
from engine.gateway.access import caller_credential
from engine.gateway.attempt import Attempt, AttemptFailed
from engine.gateway.course import Move
from engine.gateway.fetching import fetch_media
from engine.gateway.keys import ranking
from engine.gateway.outside import Outside
from engine.gateway.plan import Leg, Place, place_at
from engine.gateway.record import cost_of, usage_row
from engine.gateway.report import Report
from engine.gateway.request import Request
from engine.gateway.source import Source

# What the ledger calls it.
SURFACE = "mirror"

MIRRORED = "proxyctl_mirror_total"
SECONDS = "proxyctl_mirror_seconds_total"

Usage = Mapping[str, Any] | None

# Copies under way in one worker; beyond this they are dropped, and counted.
MOST = 64


class Mirrors:
    """The copies of one worker that are under way."""

    def __init__(self, outside: Outside, most: int = MOST) -> None:
        self._outside = outside
        self._most = most
        self._running: set[asyncio.Task[None]] = set()

    def reflect(self, request: Request, leg: Leg) -> None:
        """Send a copy, if the leg's alias wants one of this request."""
        mirror = leg.alias.mirror
        if mirror is None or self._outside.entropy.random() < 1.0 - mirror.share:
            return
        place = place_at(request, leg, mirror.target)
        if not isinstance(place, Place):
            return
        if len(self._running) >= self._most:
            self._count(place, "dropped")
            return
        # What a copy comes to is nobody's to remember.
        task = asyncio.get_running_loop().create_task(self._send(request._replace(note=None), place))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def aclose(self) -> None:
        """Stop all that are under way."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def settled(self) -> None:
        """Wait for all that are under way."""
        await asyncio.gather(*self._running)

    async def _send(self, request: Request, place: Place) -> None:
        began = self._outside.clock.monotonic()
        move = self._move(request, place)
        if move is None:
            self._count(place, "no_credential")
        else:
            usage, error = await self._outcome(request, move)
            self._count(place, error.error_class.value if error else "ok")
            self._record(request, move, self._outside.clock.monotonic() - began, usage, error)
        labels = {"alias": place.leg.alias.name, "target": place.label}
        self._outside.telemetry.counter(SECONDS, labels).add(self._outside.clock.monotonic() - began)

    async def _outcome(self, request: Request, move: Move) -> tuple[Usage, ErrorInfo | None]:
        """What it used, as far as that was told, and the error that came."""
        source: Source | None = None
        try:
            place = await fetch_media(request, move.place, self._outside, {})
            source = await Attempt(request, Move(place, move.credential), self._outside).open()
            await (_to_the_end(source.next) if move.place.leg.chat.stream else source.whole())
        except (AttemptFailed, EngineError) as failure:
            return source.usage if source else None, failure.info
        finally:
            if source is not None:
                await source.aclose()
        return source.usage, None

    def _record(
        self, request: Request, move: Move, seconds: float, usage: Usage, error: ErrorInfo | None
    ) -> None:
        """Nobody's but the operator's: it has no client."""
        if self._outside.ledger is None:
            return
        operation = request.surface.operation
        report = Report(self._outside, request.inbound.request_id, SURFACE, operation=operation)
        status = 200
        if error is not None:
            status = error.status
        report.goes(move)
        report.cost = cost_of(report, status, usage)
        self._outside.ledger.record(usage_row(report, status, seconds, usage, error))

    def _move(self, request: Request, place: Place) -> Move | None:
        provider = place.provider
        if provider.caller_key is not None:
            key = caller_credential(
                provider.caller_key, request.inbound.headers, request.brought, request.client
            )
            return Move(place, key) if key else None
        if provider.pool is None:
            return Move(place, None)
        ready = next(iter(ranking(self._outside, provider.pool, place.model).ready), None)
        return Move(place, ready) if ready else None

    def _count(self, place: Place, result: str) -> None:
        labels = {"alias": place.leg.alias.name, "target": place.label, "result": result}
        self._outside.telemetry.counter(MIRRORED, labels).add()


async def _to_the_end(pull: Callable[[], Awaitable[bytes | None]]) -> None:
    while await pull() is not None:
        pass
