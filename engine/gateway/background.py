"""Work that a request leaves behind: nobody waits for it, and it holds nobody up."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from engine.ports import Telemetry

# Pieces of work under way in one worker; beyond this they are dropped, and that is logged.
MOST = 256


class Background:
    """What is under way in one worker."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry
        self._running: set[asyncio.Task[None]] = set()

    def later(self, work: Coroutine[Any, Any, None]) -> bool:
        """Whether it will be done."""
        if len(self._running) >= MOST:
            work.close()
            self._telemetry.log("warning", "background work dropped", {"under_way": MOST})
            return False
        self.watch(asyncio.get_running_loop().create_task(work))
        return True

    def watch(self, task: asyncio.Task[None]) -> None:
        """Hold on to a task, and log what it dies of."""
        self._running.add(task)
        task.add_done_callback(self._ended)

    async def settled(self) -> None:
        """Wait for all that is under way, and what that begins."""
        while self._running:
            await asyncio.gather(*self._running, return_exceptions=True)

    async def run_out(self, within: float) -> None:
        """As `settled`, so many seconds at most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                while self._running:
                    await asyncio.wait(self._running)

    async def aclose(self) -> None:
        """Stop all that is under way."""
        while self._running:
            for task in self._running:
                task.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (failure := task.exception()) is not None:
            self._telemetry.log("error", "background work failed", {"error": repr(failure)})
