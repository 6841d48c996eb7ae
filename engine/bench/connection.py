"""One client of the load generator: a connection with one request in flight."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import cast

import httptools

CONNECT_TIMEOUT = 10.0


@dataclass(slots=True)
class Exchange:
    """A request and what came back. Times are `perf_counter` seconds; `began` is when it was due.

    `whole` is false when the connection ended before the answer did.
    """

    began: float
    status: int = 0
    first_byte: float = 0.0
    ended: float = 0.0
    pieces: list[bytes] = field(default_factory=list)
    whole: bool = False


class Connection(asyncio.Protocol):
    """`stall`: seconds for which an answer is not read once it has begun."""

    _transport: asyncio.Transport

    def __init__(self, stall: float = 0.0) -> None:
        self._stall = stall
        self._loop = asyncio.get_running_loop()
        self._parser = httptools.HttpResponseParser(self)
        self._exchange: Exchange | None = None
        self._ended: asyncio.Future[None] | None = None
        self.open = False

    @classmethod
    async def to(cls, port: int, stall: float = 0.0) -> Connection:
        """Raises OSError or TimeoutError."""
        opening = asyncio.get_running_loop().create_connection(lambda: cls(stall), "127.0.0.1", port)
        return (await asyncio.wait_for(opening, CONNECT_TIMEOUT))[1]

    async def exchange(self, message: bytes, due: float = 0.0) -> Exchange:
        """Send a request and read its answer, whatever becomes of it."""
        exchange = self._exchange = Exchange(due or time.perf_counter())
        self._ended = self._loop.create_future()
        self._transport.write(message)
        await self._ended
        return exchange

    def close(self) -> None:
        self.open = False
        self._transport.abort()

    # From the socket

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's are no subclass
        self.open = True

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self.open = False
        self._end()

    # From the parser

    def on_headers_complete(self) -> None:
        if self._exchange is not None:
            self._exchange.status = self._parser.get_status_code()

    def on_body(self, data: bytes) -> None:
        exchange = self._exchange
        if exchange is None:
            return
        if not exchange.pieces:
            exchange.first_byte = time.perf_counter()
            if self._stall:
                self._transport.pause_reading()
                self._loop.call_later(self._stall, self._read_on)
        exchange.pieces.append(data)

    def on_message_complete(self) -> None:
        if self._exchange is not None:
            self._exchange.whole = True
            self.open = bool(self._parser.should_keep_alive())
            self._end()

    def _read_on(self) -> None:
        if not self._transport.is_closing():
            self._transport.resume_reading()

    def _end(self) -> None:
        if self._exchange is not None:
            self._exchange.ended = time.perf_counter()
            self._exchange = None
        if self._ended is not None and not self._ended.done():
            self._ended.set_result(None)
