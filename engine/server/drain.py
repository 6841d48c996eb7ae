"""Requests in flight, and how they end when the process does."""

from __future__ import annotations

import asyncio
from typing import Protocol

from engine.errors import EngineUnavailable

RETRY_AFTER = 1.0


def shutting_down() -> EngineUnavailable:
    return EngineUnavailable("the server is shutting down", code="shutting_down", retry_after=RETRY_AFTER)


class Running(Protocol):
    """A request, or the task of one."""

    def cancel(self) -> object: ...


class Drain:
    """Counts requests; once `closing`, no new one is let in; once `cut`, those left are cancelled.

    A handler that is cancelled while `cut` still may send a last word; in any other case its client is gone.
    """

    def __init__(self, limit: int | None = None) -> None:
        self.closing = False
        self.cut = False
        self.entered = 0
        self._limit = limit
        self._inside: set[Running] = set()
        self._empty = asyncio.Event()

    @property
    def in_flight(self) -> int:
        return len(self._inside)

    def check_room(self) -> None:
        """Raises `EngineUnavailable` when a request that is in already may not go on."""
        if self.closing:
            raise shutting_down()
        if self._limit is not None and len(self._inside) > self._limit:
            message = f"the server handles {self._limit} requests already (limits.concurrency)"
            raise EngineUnavailable(message, code="too_many_requests_in_flight", retry_after=RETRY_AFTER)

    def enter(self, request: Running) -> None:
        """A request begins, whatever it is for; it is to be given to `leave` in the end."""
        self.entered += 1
        self._inside.add(request)

    def leave(self, request: Running) -> None:
        self._inside.discard(request)
        if self.closing and not self._inside:
            self._empty.set()

    async def run_out(self, grace: float, last_words: float) -> None:
        """Let no more in; after `grace` seconds cancel the rest and give it `last_words` seconds more."""
        self.closing = True
        if self._inside and not await self._emptied(grace):
            self.cut = True
            for request in list(self._inside):
                request.cancel()
            await self._emptied(last_words)

    async def _emptied(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._empty.wait()
        except TimeoutError:
            return False
        return True
