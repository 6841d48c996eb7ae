"""Connections of one channel: a transport for each, taken for one call and given back after it.

The client library looks at every connection of a pool before each call, which costs the square of the
calls in flight (measured: 0.4 ms a call alone, 6.6 ms with 64). With one connection in each pool it costs
the same however many there are. HTTP/2 needs but one connection, so there all calls share one pool.
"""

from __future__ import annotations

import ssl
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

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
        self._shared = self._make(MANY) if channel.http2 else None

    def take(self, origin: str) -> httpx.AsyncHTTPTransport:
        """The connection that became free last, or a new one. Raises ValueError for a proxy that is none."""
        if self._shared is not None:
            return self._shared
        free = self._free.get(origin)
        return free.pop().transport if free else self._make(ONE)

    async def give(self, origin: str, transport: httpx.AsyncHTTPTransport) -> None:
        """The call is over and its answer closed; those that were free for too long are closed too."""
        if transport is self._shared or transport not in self._open:
            return
        now = self._monotonic()
        free = self._free.setdefault(origin, deque())
        free.append(Free(transport, now))
        while free and (len(free) > MAX_FREE or now - free[0].since > KEPT_FOR):
            await self.drop(free.popleft().transport)

    async def drop(self, transport: httpx.AsyncHTTPTransport) -> None:
        """The call failed: nothing of its connection is used again."""
        if transport is not self._shared:
            self._open.discard(transport)
            await transport.aclose()

    async def aclose(self) -> None:
        """Close all connections, those in use too."""
        self._free.clear()
        while self._open:
            await self._open.pop().aclose()

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


def tls_context(channel: Channel) -> ssl.SSLContext:
    """Takes its time, so call it in a thread. Raises OSError when a certificate file is no good."""
    if channel.ca_file:
        context = ssl.create_default_context(cafile=channel.ca_file)
    else:
        context = httpx.create_ssl_context(verify=channel.verify)
    if not channel.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if channel.cert_file:
        context.load_cert_chain(channel.cert_file, channel.key_file)
    return context
