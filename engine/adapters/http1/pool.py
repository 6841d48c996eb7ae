"""The connections to one origin as one channel makes them: those that are free, and all that are open."""

from __future__ import annotations

import asyncio
import re
import ssl
from typing import Any

from engine.adapters.address import Address
from engine.adapters.http1.connection import READ, Connection
from engine.adapters.http1.dial import dial
from engine.adapters.http1.failures import CannotConnect
from engine.adapters.http1.resumption import Resumption
from engine.adapters.lanes import KEPT_FOR, MAX_FREE
from engine.adapters.outbox import Outbox

KEEP_ALIVE_TIMEOUT = re.compile(r"(?:^|[\s,;])timeout\s*=\s*\"?(\d{1,9})", re.IGNORECASE)

# An upstream that says how long it keeps a connection began to count before we heard of it.
HINT_MARGIN = 1.0


class Pool:
    """Used on one event loop. There is no limit on connections in use: it would only be a hidden queue."""

    def __init__(
        self, address: Address, tls: ssl.SSLContext | None, reach: tuple[str, ...] | None = None
    ) -> None:
        self.inbox, self.outbox = memoryview(bytearray(READ)), Outbox()
        self._loop = asyncio.get_running_loop()
        self._name, self._port, self._reach = address.name, address.port, reach
        self._resumption = Resumption(tls) if tls is not None else None
        self._open: set[Connection] = set()
        # The one that became free last is taken first; a dict gives up any of them at once.
        self._free: dict[Connection, None] = {}
        self._sweeper: asyncio.TimerHandle | None = None
        self._retired = False
        self._closed = False

    @property
    def idle(self) -> bool:
        """Whether nothing is open, so that it may be thrown away."""
        return not self._open

    def take(self) -> Connection | None:
        """The connection that became free last, if it may still be used."""
        while self._free:
            connection = self._free.popitem()[0]
            if connection.expires > self._loop.time():
                return connection
            connection.abort()
        return None

    async def connect(self) -> Connection:
        """A new connection, ready to be asked. Raises `CannotConnect` and `Forbidden`.

        Cancelled, it leaves nothing open.
        """
        try:
            connection = await dial(
                self._name, self._port, self._connect, Connection.abort, reach=self._reach
            )
        except (OSError, UnicodeError, ExceptionGroup) as exc:
            if self._resumption is not None:
                self._resumption.forget()
            raise CannotConnect from exc
        if self._closed:
            connection.abort()
        return connection

    async def _connect(self, address: str) -> Connection:
        connection = Connection(self)
        secured: dict[str, Any] = {}
        if self._resumption is not None:
            secured = {"ssl": self._resumption, "server_hostname": self._name}
        self._open.add(connection)
        made = False
        try:
            await self._loop.create_connection(lambda: connection, address, self._port, **secured)
            made = True
        finally:
            if not made:
                connection.abort()
        return connection

    def proven(self, connection: Connection) -> None:
        """Implements `Keeper`."""
        if self._resumption is not None and connection.tls is not None:
            self._resumption.remember(connection.tls)

    def keep(self, connection: Connection, hint: str | None) -> None:
        """Implements `Keeper`."""
        seconds = KEPT_FOR if hint is None else min(KEPT_FOR, _hinted(hint) - HINT_MARGIN)
        if seconds <= 0 or self._retired:
            connection.abort()
            return
        connection.expires = self._loop.time() + seconds
        self._free[connection] = None
        if len(self._free) > MAX_FREE:
            next(iter(self._free)).abort()
        if self._sweeper is None:
            self._sweeper = self._loop.call_at(connection.expires, self.sweep)

    def forget(self, connection: Connection) -> None:
        """Implements `Keeper`."""
        self._open.discard(connection)
        self._free.pop(connection, None)

    def sweep(self) -> None:
        """Close what was free for too long; called when the oldest is."""
        self._sweeper = None
        now = self._loop.time()
        for connection in [free for free in self._free if free.expires <= now]:
            connection.abort()
        if self._free:
            first = min(connection.expires for connection in self._free)
            self._sweeper = self._loop.call_at(first, self.sweep)

    def retire(self) -> None:
        """Nobody will ask for it any more: close what is free now, and what is in use when that ends."""
        self._retired = True
        if self._sweeper is not None:
            self._sweeper.cancel()
        for connection in list(self._free):
            connection.abort()

    def close(self) -> None:
        """Close all connections, those in use too."""
        self._closed = True
        self.retire()
        for connection in list(self._open):
            connection.abort()


def _hinted(header: str) -> float:
    found = KEEP_ALIVE_TIMEOUT.search(header)
    return float(found[1]) if found else KEPT_FOR + HINT_MARGIN
