"""Upstream calls over httpx, each channel with connections of its own.

The transports are used without httpx's client around them, so there is no cookie jar that would carry one
caller's cookies to the next, no redirect is followed and no proxy is taken from the environment.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Set
from pathlib import Path
from typing import NamedTuple

import httpx

from engine.adapters.address import DEFAULT_HEADERS, Address, address_of
from engine.adapters.certificates import HERE, tls_context
from engine.adapters.decoding import DecodingError, undo
from engine.adapters.lanes import Lanes
from engine.adapters.upstream_errors import FOREIGN, failure, malformed, timed_out
from engine.errors import EngineError
from engine.events import Call, Channel

PLAIN_HEADERS = [(name.encode(), value.encode()) for name, value in DEFAULT_HEADERS.items()]


class Lane(NamedTuple):
    """A connection that was taken for one call."""

    lanes: Lanes
    origin: str
    transport: httpx.AsyncHTTPTransport


class HttpxReply:
    """Implements `ports.Reply`; `headers` tell of the body as `chunks` gives it, decoded."""

    def __init__(self, response: httpx.Response, place: str, max_header_bytes: int, lane: Lane) -> None:
        """`lane` is given back once, when the answer is closed.

        Raises `UpstreamFailed` when the headers are too large or name an unknown encoding.
        """
        raw = response.headers.raw
        size = sum(len(name) + len(value) + 4 for name, value in raw)
        if size > max_header_bytes:
            raise malformed(place, f"{size} bytes of headers are more than {max_header_bytes}")
        self.status = response.status_code
        self.headers: Mapping[str, str]
        try:
            self.headers, self._decoder = undo(_lower(raw))
        except DecodingError as exc:
            raise malformed(place, str(exc)) from exc
        self._response = response
        self._place = place
        self._lane: Lane | None = lane
        self._complete = False

    def arrived(self) -> bytes | None:
        return None

    async def chunks(self) -> AsyncIterator[bytes]:
        stream = self._response.stream
        assert isinstance(stream, httpx.AsyncByteStream)
        try:
            async for data in stream:
                if self._decoder is None:
                    yield data
                else:
                    for piece in self._decoder.feed(data):
                        yield piece
            self._complete = True
            if self._decoder is not None:
                self._decoder.close()
        except DecodingError as exc:
            raise malformed(self._place, str(exc)) from exc
        except FOREIGN as exc:
            raise failure(exc, self._place, in_body=True) from exc

    async def aclose(self) -> None:
        lane, self._lane = self._lane, None
        if lane is None:
            return
        if self._complete and not lane.lanes.shares:  # a task would cost, and at worst the connection goes
            await self._end(lane)
        else:
            await asyncio.shield(lane.lanes.finish(self._end(lane)))

    async def _end(self, lane: Lane) -> None:
        closed = False
        try:
            await self._response.aclose()
            closed = True
        finally:
            if not closed:
                lane.lanes.abandon(lane.transport)
        await lane.lanes.give(lane.origin, lane.transport)


class HttpxUpstream:
    """Implements `ports.Upstream` for http: and https: URLs."""

    def __init__(self, site: Path = HERE) -> None:
        """Certificate files of channels are relative to `site`."""
        self._site = site
        self._channels: dict[Channel, asyncio.Task[Lanes]] = {}

    async def send(self, call: Call) -> HttpxReply:
        try:
            address = address_of(call.url)
            request = _request(call, address)
        except (ValueError, httpx.InvalidURL) as exc:
            raise failure(exc, "the upstream") from exc
        try:
            lanes = await self._lanes(call.channel)
            transport = lanes.take(address.origin)
        except FOREIGN as exc:
            raise failure(exc, address.place) from exc
        try:
            response = await _answer(transport, request, call, address.place)
            lane = Lane(lanes, address.origin, transport)
            return HttpxReply(response, address.place, call.max_header_bytes, lane)
        except (EngineError, asyncio.CancelledError):  # the fault of an upload may be its own
            await lanes.drop(transport)
            raise

    def retain(self, channels: Set[Channel]) -> None:
        """Let go of what only other channels need; calls under way run on."""
        for channel in self._channels.keys() - channels:
            self._channels.pop(channel).add_done_callback(_retire)

    async def aclose(self) -> None:
        """Close all connections, those in use too."""
        made, self._channels = list(self._channels.values()), {}
        for lanes in await asyncio.gather(*made, return_exceptions=True):
            if isinstance(lanes, Lanes):
                await lanes.aclose()

    async def _lanes(self, channel: Channel) -> Lanes:
        """The channel's connections; the first who asks has its certificates loaded, in a thread."""
        making = self._channels.get(channel)
        if making is None or (making.done() and making.exception() is not None):
            making = asyncio.ensure_future(_open(channel, self._site))
            self._channels[channel] = making
        return making.result() if making.done() else await asyncio.shield(making)


def _retire(made: asyncio.Task[Lanes]) -> None:
    """For a task that is done; whoever still waits for what it made can use it once."""
    if not made.cancelled() and made.exception() is None:
        made.result().retire()


async def _open(channel: Channel, site: Path) -> Lanes:
    return Lanes(channel, await asyncio.to_thread(tls_context, channel, site))


async def _answer(
    transport: httpx.AsyncHTTPTransport, request: httpx.Request, call: Call, place: str
) -> httpx.Response:
    """Status and headers. Raises `UpstreamFailed`."""
    limits = call.timeouts
    try:
        async with asyncio.timeout(_until_status(call)):
            return await transport.handle_async_request(request)
    except TimeoutError as exc:
        raise timed_out("no answer", limits.first_byte, place, "first_byte_timeout") from exc
    except httpx.ConnectTimeout as exc:
        raise timed_out("connect timed out", limits.connect, place, "connect_timeout") from exc
    except FOREIGN as exc:
        raise failure(exc, place) from exc


def _request(call: Call, address: Address) -> httpx.Request:
    """The path goes out byte for byte as the call has it, since a signature may cover it."""
    through_proxy = call.channel.proxy and address.origin.startswith("http:")
    target = address.origin.encode("ascii") + address.target if through_proxy else address.target
    given = [(name.lower().encode("ascii"), value.encode("utf-8")) for name, value in call.headers.items()]
    if call.upload is not None and call.upload.length is not None:
        given.append((b"content-length", b"%d" % call.upload.length))
    present = {name for name, _ in given}
    return httpx.Request(
        call.method,
        address.origin,
        headers=[*given, *(pair for pair in PLAIN_HEADERS if pair[0] not in present)],
        content=call.upload or call.body or None,
        extensions={"target": target, "timeout": {"connect": call.timeouts.connect}},
    )


def _until_status(call: Call) -> float | None:
    """Seconds for connecting and for the answer to begin; who passes an upload on counts them itself."""
    limits = call.timeouts
    return (
        None
        if limits.first_byte is None or call.upload is not None
        else limits.first_byte + (limits.connect or 0.0)
    )


def _lower(raw: list[tuple[bytes, bytes]]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for key, value in raw:
        name, text = key.decode("latin-1").lower(), value.decode("latin-1")
        headers[name] = f"{headers[name]}, {text}" if name in headers else text
    return headers
