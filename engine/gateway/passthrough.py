"""An answer whose bytes pass through: only usage, errors and the end are read on the way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from engine.errors import ErrorClass, ErrorInfo, UpstreamFailed
from engine.events import Frame
from engine.gateway.reading import Body
from engine.gateway.scrub import scrub_bytes
from engine.surfaces.surface import PassedStream
from engine.wire.framing import Framing


class PassedWhole:
    """A JSON answer that was read and found good."""

    def __init__(self, body: Body, raw: bytes, usage: Mapping[str, Any] | None) -> None:
        self._body = body
        self._raw = raw
        self.usage = usage

    async def whole(self) -> bytes:
        await self._body.aclose()
        return self._raw

    async def next(self) -> bytes | None:
        raise TypeError("a whole answer is not pulled piece by piece")

    def broken(self, info: ErrorInfo) -> bytes:
        return b""

    async def aclose(self) -> None:
        await self._body.aclose()


class PassedFrames:
    """A stream whose frames go on as they came. `secrets` are taken out of an error that it ends with."""

    def __init__(
        self, body: Body, framing: Framing, passed: PassedStream, secrets: tuple[str, ...] = ()
    ) -> None:
        self._body = body
        self._framing = framing
        self._passed = passed
        self._secrets = secrets
        self._progress = False

    @property
    def usage(self) -> Mapping[str, Any] | None:
        return self._passed.usage

    async def whole(self) -> bytes:
        raise TypeError("a stream does not pass through to a client that wants a whole answer")

    async def next(self) -> bytes | None:
        while True:
            if self._passed.error:
                raise UpstreamFailed(self._passed.error)
            if self._passed.ended:
                await self._body.drain()
                return None
            if self._progress:
                self._body.deadlines.progressed()
            data = await self._pull()
            if data:
                return data

    def broken(self, info: ErrorInfo) -> bytes:
        return self._passed.fail(info)

    async def aclose(self) -> None:
        await self._body.aclose()

    async def _pull(self) -> bytes:
        """What the next chunk gives the client, an error that the stream ends with among it."""
        chunk = await self._body.next()
        frames = self._framing.close() if chunk is None else self._framing.feed(chunk)
        told = [frame for frame in frames if frame.data]
        self._progress = bool(told)
        if told and not self._passed.begun:
            refuse_garbage(told[0])
        data = self._passed.feed(told)
        if chunk is None:
            data += self._passed.end()
        return scrub_bytes(data, self._secrets) if self._passed.error else data


def refuse_garbage(frame: Frame) -> None:
    """The first frame must be what it claims to be, while there is still another target to go to."""
    try:
        good = isinstance(orjson.loads(frame.data), dict)
    except orjson.JSONDecodeError:
        good = False
    if not good:
        message = "the upstream's stream does not begin with a JSON object"
        raise UpstreamFailed(ErrorInfo(ErrorClass.UPSTREAM, message, "malformed_stream"))
