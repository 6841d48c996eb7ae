"""The handler of every request: from an exchange to `Inbound`, from `Outgoing` to an exchange."""

from __future__ import annotations

import asyncio
import re
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from engine.errors import EngineError, RequestRefused
from engine.events import Inbound, new_inbound
from engine.gateway.answer import Joining
from engine.ports import Entropy, Telemetry
from engine.server.drain import Drain, shutting_down
from engine.server.http1.exchange import Exchange
from engine.server.http1.head import Head
from engine.server.http1.websocket import ClientSocket, accepted
from engine.server.ingress import Ingress, Outgoing
from engine.server.page import HUB_SURFACE
from engine.server.refusals import info_of

REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=@-]{1,128}")
MAX_QUERY_FIELDS = 1000
STREAM_HEADERS = {"cache-control": "no-cache", "x-accel-buffering": "no"}


class Front:
    """Handles the requests of one worker."""

    def __init__(self, ingress: Ingress, drain: Drain, entropy: Entropy, telemetry: Telemetry) -> None:
        self._ingress = ingress
        self._drain = drain
        self._entropy = entropy
        self._telemetry = telemetry

    async def handle(self, exchange: Exchange) -> None:
        """Answer a request, whatever comes of it."""
        try:
            query = query_of(exchange.head.query)
        except RequestRefused as refused:
            self.refuse(exchange, refused)
            return
        inbound = self._inbound(exchange, query)
        self._drain.enter(exchange)
        try:
            outgoing = await self._ingress.answer(inbound)
            if outgoing.session is not None:
                exchange.body, inbound = b"", inbound._replace(body=b"")
                await self._join(exchange, outgoing, outgoing.session)
            elif isinstance(outgoing.body, bytes):
                self._send(exchange, outgoing, outgoing.body)
            else:
                # A stream may last long: what was asked, maybe megabytes, is not kept meanwhile.
                exchange.body, inbound = b"", inbound._replace(body=b"")
                await self._stream(exchange, outgoing, outgoing.body)
        except asyncio.CancelledError:
            if not self._drain.cut:
                raise
            _uncancel()
            self._fail(exchange, inbound, shutting_down())
        except Exception as exc:  # noqa: BLE001  whatever it is, its client is answered and others are served
            self._fail(exchange, inbound, exc)
        finally:
            self._drain.leave(exchange)

    def passes_on(self, head: Head) -> bool:
        """Whether the body of such a request is wanted while it arrives."""
        return self._ingress.passes_on(Inbound(head.method, head.path, {}, head.headers, b"", ""))

    def refuse(self, exchange: Exchange, error: EngineError) -> None:
        """Answer a request that cannot be read, or that took too long."""
        self._fail(exchange, self._inbound(exchange, {}), error)

    def _inbound(self, exchange: Exchange, query: Mapping[str, str]) -> Inbound:
        method, path, raw_query, headers, *_ = exchange.head
        request_id = headers.get("x-request-id")
        if request_id is None or not REQUEST_ID.fullmatch(request_id):
            request_id = self._entropy.uid("req")
        return new_inbound(
            (
                method, path, query, headers, exchange.body, request_id, exchange.remote, raw_query, {},
                exchange.upload,
            )
        )  # fmt: skip

    def _send(self, exchange: Exchange, outgoing: Outgoing, body: bytes) -> None:
        self._hang_up_when_closing(exchange)
        exchange.answer(outgoing.status, outgoing.headers, outgoing.content_type, body, outgoing.shared)

    async def _join(self, exchange: Exchange, outgoing: Outgoing, session: Joining) -> None:
        """The connection is a WebSocket from here on, until one side closes it."""
        try:
            headers = {
                **outgoing.shared,
                **outgoing.headers,
                **accepted(exchange.head.headers, session.subprotocol),
            }
            client = exchange.upgrade(headers, lambda line: ClientSocket(line, session.largest))
            if client is not None:
                await session.run(client)
                exchange.end()
        except asyncio.CancelledError:
            if not self._drain.cut:
                raise
            _uncancel()
            exchange.end()
        finally:
            await session.aclose()

    async def _stream(self, exchange: Exchange, outgoing: Outgoing, body: AsyncIterator[bytes]) -> None:
        """Send each piece as it comes, waiting while the client does not read."""
        self._hang_up_when_closing(exchange)
        try:
            headers = {**STREAM_HEADERS, **outgoing.shared, **outgoing.headers}
            exchange.begin(outgoing.status, headers, outgoing.content_type)
            try:
                await _pass_on(body, exchange)
            except asyncio.CancelledError:
                last = last_words(outgoing) if self._drain.cut else None
                if last is None:
                    raise
                _uncancel()
                exchange.write(last)
            self._hang_up_when_closing(exchange)
            exchange.end()
        finally:
            await _close(body)

    def _fail(self, exchange: Exchange, inbound: Inbound, exc: Exception) -> None:
        """Say what went wrong; too late for that, the connection breaks off, lest the answer look whole."""
        info = info_of(exc, inbound.request_id)
        if info.code == "internal_error":
            self._tell(inbound, exc)
        if exchange.begun:
            exchange.break_off()
            return
        outgoing = self._ingress.outgoing(self._ingress.refusal(info), inbound)
        assert isinstance(outgoing.body, bytes)
        self._send(exchange, outgoing, outgoing.body)

    def _hang_up_when_closing(self, exchange: Exchange) -> None:
        """A process that is about to end takes no further request from this connection."""
        if self._drain.closing:
            exchange.keep_alive = False

    def _tell(self, inbound: Inbound, exc: Exception) -> None:
        trace = "".join(traceback.format_exception(exc))
        fields = {"request_id": inbound.request_id, "path": inbound.path, "trace": trace}
        self._telemetry.log("error", "internal error", fields)


def query_of(text: str) -> dict[str, str]:
    """Raises `RequestRefused` for a query of too many fields."""
    if not text:
        return {}
    try:
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_QUERY_FIELDS))
    except ValueError as exc:
        raise RequestRefused("the query has too many fields", code="bad_request") from exc


def last_words(outgoing: Outgoing) -> bytes | None:
    """The event that ends a stream which a shutdown cuts off; None where the format has no such event."""
    words = outgoing.words or HUB_SURFACE
    return words.last_words(shutting_down().info, outgoing.content_type)


async def _pass_on(body: AsyncIterator[bytes], exchange: Exchange) -> None:
    if exchange.bodyless:
        return
    pour: Callable[[Callable[[bytes], bool]], Awaitable[None]] | None = getattr(body, "pour", None)
    async for piece in body:
        slow = exchange.write(piece)
        del piece  # for how long, nobody knows
        if pour is not None and not slow:
            await pour(exchange.write)
        await exchange.drained()


def _uncancel() -> None:
    task = asyncio.current_task()
    if task is not None:
        task.uncancel()


async def _close(body: AsyncIterator[bytes]) -> None:
    closing: Callable[[], Any] | None = getattr(body, "aclose", None)
    if closing is not None:
        await closing()
