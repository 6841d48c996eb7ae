"""Upstream calls over HTTP/1.1, made for the data path: `http1/` holds the parts.

Nothing is carried from one call to the next but the connection: there is no cookie jar, no redirect is
followed and no proxy is taken from the environment.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Mapping, Set
from pathlib import Path

from engine.adapters.address import Address, address_of
from engine.adapters.certificates import HERE, tls_context
from engine.adapters.decoding import Decoder, DecodingError, undo
from engine.adapters.http1.answer import Answer
from engine.adapters.http1.connection import Connection
from engine.adapters.http1.failures import CannotConnect, Forbidden, NoAnswer, Stale, Unsendable
from engine.adapters.http1.pool import Pool
from engine.adapters.http1.request_head import request_head
from engine.adapters.upstream_errors import failure, malformed, timed_out
from engine.events import Call, Channel, Timeouts

# Beyond this, pools whose connections are all closed are thrown away when a new origin is called.
MAX_POOLS = 1024


class Http1Reply:
    """Implements `ports.Reply`, and is the iterator of its own body."""

    __slots__ = ("_answer", "_connection", "_decoder", "_place", "headers", "status")

    def __init__(self, answer: Answer, connection: Connection, place: str) -> None:
        """Raises `DecodingError` when the headers name an unknown encoding."""
        self.status = answer.status
        self.headers: Mapping[str, str] = answer.headers
        self._decoder: Decoder | None = None
        self._answer = answer
        self._connection = connection
        self._place = place
        if "content-encoding" in answer.headers:
            self.headers, self._decoder = undo(answer.headers)

    def arrived(self) -> bytes | None:
        answer = self._answer
        if self._decoder is not None or not answer.complete:
            return None
        return answer.take() if answer.pieces else b""

    def chunks(self) -> AsyncIterator[bytes]:
        return self if self._decoder is None else self._decoded(self._decoder)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        answer, connection = self._answer, self._connection
        while not answer.pieces:
            if answer.complete:
                raise StopAsyncIteration
            if answer.failure is not None:
                raise failure(answer.failure, self._place, in_body=True)
            try:
                await connection.news()
            except asyncio.CancelledError:
                connection.give_up(answer)
                raise
        data = answer.take()
        if connection.paused and not answer.over:
            connection.resume()
        return data

    async def pour(self, take: Callable[[bytes], bool]) -> None:
        """Give `take` what comes when it comes, until it wants no more or the end, which iterating tells."""
        answer, connection = self._answer, self._connection
        if answer.pieces and not take(answer.take()):
            return
        if answer.over:
            return
        if connection.paused:
            connection.resume()
        answer.taker = take
        try:
            await connection.news()
        except asyncio.CancelledError:
            connection.give_up(answer)
            raise
        finally:
            answer.taker = None

    async def aclose(self) -> None:
        """Never waits. A connection whose answer is not complete is closed, not read to its end."""
        self._connection.give_up(self._answer)

    async def _decoded(self, decoder: Decoder) -> AsyncIterator[bytes]:
        try:
            async for data in self:
                for piece in decoder.feed(data):
                    yield piece
            decoder.close()
        except DecodingError as exc:
            raise malformed(self._place, str(exc)) from exc


class Http1Upstream:
    """Implements `ports.Upstream` for http: and https: URLs, without proxies.

    A call on a kept connection that turns out to be closed is made again, once, on a new one. A server may
    close a free connection at any time, so a call can always cross with that. It is taken for such a
    crossing only when the connection had answered before, not a byte came now, and it ended by close or
    reset within a round trip or so of the call (`connection.STALE_WITHIN`): then the server did not read
    the call, and RFC 9110 (9.2.2) lets a client repeat what was never applied, whatever its method. curl and
    browsers go by the first three signs alone. What is left is a server that takes a call and dies of it
    within that time, without a word: it can be asked twice. A call on a new connection, one that was
    heard of or one that was lost later is never repeated here: what follows is for the failover table.
    """

    def __init__(self, site: Path = HERE) -> None:
        """Certificate files of channels are relative to `site`."""
        self._site = site
        self._pools: dict[tuple[Channel, str], Pool] = {}
        self._contexts: dict[Channel, asyncio.Task[ssl.SSLContext]] = {}

    async def send(self, call: Call) -> Http1Reply:
        try:
            address = address_of(call.url)
            head = request_head(call, address)
        except (ValueError, Unsendable) as exc:
            raise failure(exc, "the upstream") from exc
        pool = self._pools.get((call.channel, address.origin))
        if pool is None:
            pool = await self._pool(call.channel, address)
        connection = pool.take() if call.upload is None else None  # it could not be sent twice
        if connection is not None:
            answer = Answer(call.max_header_bytes, no_body=call.method == "HEAD")
            await connection.ask(head, call.body, answer, call.timeouts.first_byte)
            if not isinstance(answer.failure, Stale):
                return _reply(answer, connection, call, address.place)
        connection = await _connected(pool, call.timeouts, address.place)
        answer = Answer(call.max_header_bytes, no_body=call.method == "HEAD")
        if call.upload is not None:
            await connection.pour(head, call.upload, answer, call.timeouts.first_byte)
        else:
            await connection.ask(head, call.body, answer, call.timeouts.first_byte)
        return _reply(answer, connection, call, address.place)

    def retain(self, channels: Set[Channel]) -> None:
        """Let go of what only other channels need, and of pools without a connection; calls run on."""
        for (channel, _), pool in self._pools.items():
            if channel not in channels:
                pool.retire()
        self._pools = {key: pool for key, pool in self._pools.items() if key[0] in channels and not pool.idle}
        self._contexts = {channel: made for channel, made in self._contexts.items() if channel in channels}

    async def aclose(self) -> None:
        """Close all connections, those in use too."""
        pools, self._pools = self._pools, {}
        for pool in pools.values():
            pool.close()

    async def _pool(self, channel: Channel, address: Address) -> Pool:
        """Certificates are loaded for the first who asks, in a thread."""
        tls = await self._context(channel, address.place) if address.tls else None
        pool = self._pools.get((channel, address.origin))
        if pool is None:
            if len(self._pools) >= MAX_POOLS:
                self._pools = {key: kept for key, kept in self._pools.items() if not kept.idle}
            pool = self._pools[channel, address.origin] = Pool(address, tls, channel.reach)
        return pool

    async def _context(self, channel: Channel, place: str) -> ssl.SSLContext:
        making = self._contexts.get(channel)
        if making is None or (making.done() and making.exception() is not None):
            making = asyncio.ensure_future(asyncio.to_thread(_tls_of, channel, self._site))
            self._contexts[channel] = making
        try:
            return await asyncio.shield(making)
        except OSError as exc:
            raise failure(exc, place) from exc


def _tls_of(channel: Channel, site: Path) -> ssl.SSLContext:
    context = tls_context(channel, site)
    context.set_alpn_protocols(["http/1.1"])
    return context


async def _connected(pool: Pool, limits: Timeouts, place: str) -> Connection:
    """Within `connect`, or without it within `first_byte`. Raises `UpstreamFailed`."""
    within = asyncio.timeout(limits.first_byte if limits.connect is None else limits.connect)
    try:
        async with within:
            return await pool.connect()
    except (CannotConnect, Forbidden) as exc:
        raise failure(exc, place) from exc
    except TimeoutError as exc:
        if not within.expired():
            raise failure(exc, place) from exc
        if limits.connect is None:
            raise timed_out("no answer", limits.first_byte, place, "first_byte_timeout") from exc
        raise timed_out("connect timed out", limits.connect, place, "connect_timeout") from exc
    finally:
        del within  # it has this task, which keeps this frame when it is cancelled


def _reply(answer: Answer, connection: Connection, call: Call, place: str) -> Http1Reply:
    """Raises `UpstreamFailed`; the connection is then closed."""
    if answer.status:
        try:
            return Http1Reply(answer, connection, place)
        except DecodingError as exc:
            connection.abort()
            raise malformed(place, str(exc)) from exc
    failed = answer.failure
    assert failed is not None
    if isinstance(failed, NoAnswer):
        raise timed_out("no answer", call.timeouts.first_byte, place, "first_byte_timeout") from failed
    raise failure(failed, place) from failed
