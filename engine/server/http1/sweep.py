"""Timeouts: one look at all connections now and then, instead of a timer for each of them."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds; they are kept to within `sweep`, the time between two looks.

    head: until the head of a request is complete. body: between two pieces of a body. keep_alive: between
    requests.
    reader: while a client takes nothing of its answer, or has none yet (how long an answer takes is the
    gateway's affair). linger: for a refused sender to see why; most read only when their body is out.
    """

    head: float = 30.0
    body: float = 60.0
    keep_alive: float = 75.0
    reader: float = 3600.0
    linger: float = 2.0
    sweep: float = 1.0


class Swept(Protocol):
    def check(self, now: float) -> None:
        """End what waits for too long at `now`."""


class Sweeper:
    """`now` is the time of the last look: what a connection notes when something happens to it."""

    def __init__(self, patience: Patience) -> None:
        self.patience = patience
        self.now = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, connections: Collection[Swept]) -> None:
        """Look after `connections` until there are none; to be called when there is a new one."""
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self.now = loop.time()
            self._timer = loop.call_later(self.patience.sweep, self._sweep, loop, connections)

    def _sweep(self, loop: asyncio.AbstractEventLoop, connections: Collection[Swept]) -> None:
        self._timer = None
        self.now = loop.time()
        for connection in tuple(connections):
            connection.check(self.now)
        if connections:
            self._timer = loop.call_later(self.patience.sweep, self._sweep, loop, connections)
