"""WebSockets to upstreams."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI
from websockets.typing import Subprotocol

from engine.adapters.access_tokens import AccessTokens
from engine.adapters.address import address_of
from engine.adapters.certificates import HERE, tls_context
from engine.adapters.upstream_errors import failure, malformed, timed_out
from engine.adapters.upstream_granted import with_token
from engine.errors import ErrorClass, ErrorInfo, UpstreamFailed, class_of_status
from engine.events import Call, Channel
from engine.ports import Message, SocketClosed

CLOSE_WITHIN = 5.0
PING_EVERY = 20.0
# What is told of a connection that ended without a word.
LOST = 1006
LONGEST_REASON = 500


class _Connect(connect):
    """A redirect is an answer like any other: credentials go nowhere else."""

    def process_redirect(self, exc: Exception) -> Exception:
        return exc


class UpstreamSocket:
    """Implements `ports.Socket`. It answers pings and sends some: a peer that is gone is found out."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self.subprotocol: str | None = connection.subprotocol

    async def receive(self) -> Message:
        try:
            return await self._connection.recv()
        except ConnectionClosed as closed:
            raise _closed(closed) from closed

    async def send(self, message: Message) -> None:
        try:
            await self._connection.send(message)
        except ConnectionClosed as closed:
            raise _closed(closed) from closed

    async def close(self, code: int = 1000, reason: str = "") -> None:
        await self._connection.close(code, reason)


class WebSockets:
    """Implements `ports.Sockets`."""

    def __init__(self, site: Path = HERE, tokens: AccessTokens | None = None) -> None:
        """Certificate files of channels are relative to `site`; `tokens` are for calls that need one."""
        self._site = site
        self._tokens = tokens
        self._contexts: dict[Channel, ssl.SSLContext] = {}

    async def connect(self, call: Call, subprotocols: Sequence[str], largest: int) -> UpstreamSocket:
        try:
            place = address_of(call.url).place
        except ValueError as exc:
            raise failure(exc, "the upstream") from exc
        if call.grant is not None and self._tokens is not None:
            call = with_token(call, await self._tokens.get(call))
        limits = call.timeouts
        secured: dict[str, Any] = {}
        try:
            if call.url.startswith("https:"):
                secured["ssl"] = await self._context(call.channel)
            async with asyncio.timeout(limits.first_byte):
                made = await _Connect(
                    f"ws{call.url.removeprefix('http')}",
                    additional_headers=list(call.headers.items()),
                    subprotocols=cast("Sequence[Subprotocol]", subprotocols) or None,
                    user_agent_header=None if "user-agent" in call.headers else "proxyctl",
                    compression=None,
                    proxy=call.channel.proxy,
                    open_timeout=limits.connect,
                    ping_interval=PING_EVERY,
                    ping_timeout=PING_EVERY,
                    close_timeout=CLOSE_WITHIN,
                    max_size=largest,
                    **secured,
                )
        except InvalidStatus as refused:
            raise _refused(refused, place) from refused
        except TimeoutError as exc:
            raise timed_out("no WebSocket", limits.connect, place, "connect_timeout") from exc
        except (InvalidHandshake, InvalidURI) as exc:
            raise malformed(place, str(exc)) from exc
        except (OSError, ValueError) as exc:
            raise failure(exc, place) from exc
        return UpstreamSocket(made)

    async def _context(self, channel: Channel) -> ssl.SSLContext:
        found = self._contexts.get(channel)
        if found is None:
            found = self._contexts[channel] = await asyncio.to_thread(tls_context, channel, self._site)
        return found


def _closed(closed: ConnectionClosed) -> SocketClosed:
    told = closed.rcvd or closed.sent
    return SocketClosed(told.code, told.reason) if told else SocketClosed(LOST, "")


def _refused(refused: InvalidStatus, place: str) -> UpstreamFailed:
    """An answer in place of a WebSocket: the platform's error."""
    answer = refused.response
    text = (answer.body or b"")[:LONGEST_REASON].decode("utf-8", "replace").strip()
    after = _seconds(answer.headers)
    message = f"{place} refused the WebSocket with status {answer.status_code}"
    kind = class_of_status(answer.status_code) if answer.status_code >= 400 else ErrorClass.UPSTREAM
    return UpstreamFailed(
        ErrorInfo(kind, f"{message}: {text}" if text else message, "websocket_refused", None, after)
    )


def _seconds(headers: Mapping[str, str]) -> float | None:
    text = headers.get("retry-after", "")
    return float(text) if text.isascii() and text.isdigit() else None
