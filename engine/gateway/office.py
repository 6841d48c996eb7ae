"""What the actions of a process have in common: verbs of its server, work in the background."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

from engine.errors import EngineUnavailable
from engine.ports import Telemetry

Verb = Callable[[Mapping[str, Any]], Awaitable[Any]]
Clerk = Callable[[str, Mapping[str, Any]], Awaitable[Any]]

# Pieces of work under way in one worker; beyond this they are dropped, and that is logged.
MOST = 256


class Office:
    """`verbs` by name; any other verb is the clerk's, where there is one."""

    def __init__(self, telemetry: Telemetry) -> None:
        self.verbs: dict[str, Verb] = {}
        self.clerk: Clerk | None = None
        self._telemetry = telemetry
        self._running: set[asyncio.Task[None]] = set()

    def open(self, verbs: Mapping[str, Verb], clerk: Clerk) -> None:
        self.verbs |= verbs
        self.clerk = clerk

    async def do(self, verb: str, args: Mapping[str, Any]) -> Any:
        """Raises `EngineError`."""
        own = self.verbs.get(verb)
        if own is not None:
            return await own(args)
        if self.clerk is None:
            raise EngineUnavailable(f"nobody here can do {verb!r}", code="no_clerk")
        return await self.clerk(verb, args)

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        if len(self._running) >= MOST:
            work.close()
            self._telemetry.log("warning", "background work dropped", {"under_way": MOST})
            return
        self.watch(asyncio.get_running_loop().create_task(work))

    def watch(self, task: asyncio.Task[None]) -> None:
        """Hold on to a task, and log what it dies of."""
        self._running.add(task)
        task.add_done_callback(self._ended)

    async def settled(self) -> None:
        """Wait for all that is under way."""
        await asyncio.gather(*self._running, return_exceptions=True)

    async def run_out(self, within: float) -> None:
        """Wait for all that is under way, so many seconds at most."""
        if self._running:
            await asyncio.wait(self._running, timeout=within)

    async def aclose(self) -> None:
        """Stop all that is under way."""
        for task in self._running:
            task.cancel()
        await self.settled()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (failure := task.exception()) is not None:
            self._telemetry.log("error", "background work failed", {"error": repr(failure)})
