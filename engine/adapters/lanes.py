"""Connections of one channel: a transport for each, taken for one call and given back after it.

The client library looks at every connection of a pool before each call, which costs the square of the
calls in flight (measured: 0.4 ms a call alone, 6.6 ms with 64). With one connection in each pool it costs
the same however many there are. HTTP/2 needs but one connection, so there all calls share one pool.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple

import httpx

from engine.events import Channel

# Free connections are kept for less time than upstreams and their load balancers do, so that few calls
# meet a closing one. There is no limit on those in use: it would only be a hidden queue.
KEPT_FOR = 30.0
MAX_FREE = 256

ONE = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=KEPT_FOR)
MANY = httpx.Limits(max_connections=None, max_keepalive_connections=MAX_FREE, keepalive_expiry=KEPT_FOR)


class Free(NamedTuple):
    transport: httpx.AsyncHTTPTransport
    since: float


class Lanes:
    """Used on one event loop."""

    def __init__(
        self, channel: Channel, tls: ssl.SSLContext, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._channel = channel
        self._tls = tls
        self._monotonic = monotonic
        self._free: dict[str, deque[Free]] = {}
        self._open: set[httpx.AsyncHTTPTransport] = set()
        self._ending: set[asyncio.Task[None]] = set()
        self._sweeper: asyncio.TimerHandle | None = None
        self._shared = self._make(MANY) if channel.http2 else None
        self._sharing = 0
        self._retired = False

    def take(self, origin: str) -> httpx.AsyncHTTPTransport:
        """The connection that became free last, or a new one. Raises ValueError for a proxy that is none."""
        if self._shared is not None:
            self._sharing += 1
            return self._shared
        free = self._free.get(origin)
        return free.pop().transport if free else self._make(ONE)

    async def give(self, origin: str, transport: httpx.AsyncHTTPTransport) -> None:
        """The call is over and its answer closed; those that were free for too long are closed too."""
        if transport not in self._open:
            return
        if transport is self._shared or self._retired:
            self.abandon(transport)
            return
        free = self._free.setdefault(origin, deque())
        free.append(Free(transport, self._monotonic()))
        self._close_old(free)
        if self._sweeper is None:
            self._sweep_later()

    async def drop(self, transport: httpx.AsyncHTTPTransport) -> None:
        """The call failed: nothing of its connection is used again."""
        ending = self.abandon(transport)
        if ending is not None:
            await asyncio.shield(ending)

    async def aclose(self) -> None:
        """Close all connections, those in use too."""
        self._free.clear()
        if self._sweeper is not None:
            self._sweeper.cancel()
        while self._open:
            await self._open.pop().aclose()
        await asyncio.gather(*self._ending, return_exceptions=True)

    @property
    def shares(self) -> bool:
        """Whether calls share a connection, which then must not suffer from one that is broken off."""
        return self._shared is not None

    def finish(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Do `work` whatever happens to the task that asks for it: half closed, a connection stays open."""
        task = asyncio.get_running_loop().create_task(work)
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
        return task

    def abandon(self, transport: httpx.AsyncHTTPTransport) -> asyncio.Task[None] | None:
        """`drop`, for those who cannot wait."""
        if transport is self._shared:
            self._sharing -= 1
            self._close_shared()
            return None
        self._open.discard(transport)
        return self.finish(transport.aclose())

    def retire(self) -> None:
        """Nobody will ask for it any more: close what is free now, and what is in use when that ends."""
        self._retired = True
        for free in self._free.values():
            for kept in free:
                self.abandon(kept.transport)
        self._free.clear()
        self._close_shared()

    def _close_shared(self) -> None:
        if self._shared is not None and self._retired and not self._sharing:
            self.finish(self._shared.aclose())

    def _close_old(self, free: deque[Free]) -> None:
        now = self._monotonic()
        while free and (len(free) > MAX_FREE or now - free[0].since > KEPT_FOR):
            self.abandon(free.popleft().transport)

    def _sweep_later(self) -> None:
        self._sweeper = asyncio.get_running_loop().call_later(KEPT_FOR, self.sweep)

    def sweep(self) -> None:
        """Close what was free for too long; called from time to time, also when nobody calls upstream."""
        for free in self._free.values():
            self._close_old(free)
        self._free = {origin: free for origin, free in self._free.items() if free}
        self._sweeper = None
        if self._free:
            self._sweep_later()

    def _make(self, limits: httpx.Limits) -> httpx.AsyncHTTPTransport:
        channel = self._channel
        made = httpx.AsyncHTTPTransport(
            verify=self._tls,
            http2=channel.http2,
            proxy=httpx.Proxy(channel.proxy) if channel.proxy else None,
            limits=limits,
        )
        self._open.add(made)
        return made
