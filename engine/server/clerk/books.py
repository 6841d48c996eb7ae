"""A worker's side of the ledger: the spool that it writes, and, while it leads, the clerk."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

from engine.adapters.metrics import Family, Metrics
from engine.adapters.segment import waiting
from engine.adapters.spool import Spool
from engine.ports import Telemetry
from engine.server.board import Board
from engine.server.clerk.keeper import ClerkKeeper
from engine.server.clerk.order import ClerkOrder
from engine.server.data_dir import SPOOL, storage_url
from engine.server.startup import Plan

LOOK_EVERY, TEND_EVERY = 0.2, 0.5
PENDING = "proxyctl_ledger_pending_records"


class Books:
    """`spool` is None where nothing is recorded: `storage: off`, or nowhere to write."""

    def __init__(self, plan: Plan, board: Board, data: Path, telemetry: Telemetry) -> None:
        self._board = board
        self._data = data
        self._settings = plan.settings
        self._telemetry = telemetry
        self._storage = storage_url(plan.site, plan.settings, data)
        self.spool = self._open() if self._storage is not None else None

    def _open(self) -> Spool | None:
        try:
            return Spool(self._data / SPOOL, self._telemetry, limit=self._settings.usage.spool)
        except OSError as exc:
            self._telemetry.log("error", "usage is lost", {"error": str(exc)})
            return None

    def waiting(self) -> int | None:
        """How many records the database does not have yet; None where nothing is recorded."""
        return waiting(self._data / SPOOL) if self.spool is not None else None

    def numbers(self) -> Mapping[str, Family]:
        """For Prometheus: how much is on the way to the database."""
        metrics, waiting = Metrics(), self.waiting()
        if waiting is not None:
            metrics.gauge(PENDING, {}).set(waiting)
        return metrics.families

    def close(self) -> None:
        """Before the clerk ends, which then takes all of it."""
        if self.spool is not None:
            self.spool.close()

    async def tend(self) -> None:
        while self.spool is not None:
            self.spool.tend()
            await asyncio.sleep(TEND_EVERY)

    async def keep_clerk(self) -> None:
        """The leader has the clerk, as long as it lives."""
        if self._storage is None:
            return
        while not self._board.leads:
            await asyncio.sleep(LOOK_EVERY)
        log = self._settings.log
        places = (str(self._board.directory), str(self._data))
        order = ClerkOrder(*places, self._storage, log.level, log.format, self._settings.usage.keep)
        keeper = ClerkKeeper(order, self._telemetry)
        try:
            await keeper.run()
        finally:
            await keeper.aclose()
