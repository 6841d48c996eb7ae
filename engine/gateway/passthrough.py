"""An answer whose bytes pass through: only usage, errors and the end are read on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from engine.errors import ErrorClass, ErrorInfo, UpstreamFailed
from engine.events import Frame
from engine.gateway.read_stream import ReadStream
from engine.gateway.reading import Body
from engine.gateway.scrub import scrub_bytes
from engine.surfaces.surface import PassedStream
from engine.wire.framing import Cutting


class PassedFrames(ReadStream):
    """A stream whose events go on as they came. `secrets` are taken out of an error that it ends with.

    Events that say nothing yet wait for the first that does: until then another target may still answer.
    """

    __slots__ = ("_framing", "_passed", "_secrets", "_waiting")

    def __init__(
        self, body: Body, framing: Cutting, passed: PassedStream, secrets: tuple[str, ...] = ()
    ) -> None:
        super().__init__(body)
        self._framing = framing
        self._passed = passed
        self._secrets = secrets
        self._waiting: list[Frame] = []

    @property
    def usage(self) -> Mapping[str, Any] | None:
        return self._passed.usage

    async def whole(self) -> bytes:
        raise TypeError("a stream does not pass through to a client that wants a whole answer")

    @property
    def error(self) -> ErrorInfo | None:
        return self._passed.error

    def broken(self, info: ErrorInfo) -> bytes:
        return self._passed.fail(info)

    def read(self, chunk: bytes | None) -> bytes:
        """What a chunk gives the client, an error that the stream ends with among it; None is the end."""
        if chunk is None:
            data = self._feed(self._framing.close()) + self._passed.end()
        else:
            events = self._framing.cut(chunk)
            if self._passed.is_plain(events):
                self.progress = True
                return events
            data = self._feed(self._framing.parse(events))
        self.ended = self._passed.ended
        if self._passed.error:
            return scrub_bytes(data, self._secrets)
        self.complete = self.ended
        return data

    def _feed(self, frames: Sequence[Frame]) -> bytes:
        told = [frame for frame in frames if frame.data]
        if told and not self._passed.begun:
            return self._open(told)
        self.progress = bool(told)
        return self._passed.feed(told)

    def _open(self, told: list[Frame]) -> bytes:
        """What waited and what came, once there is something to tell; nothing before."""
        self.progress = False
        if not self._waiting:
            refuse_garbage(told[0])
        if all(self._is_silent(frame) for frame in told):
            self._waiting += told
            return b""
        self.progress = True
        data = self._passed.feed(told)
        if not data:
            return data
        waiting, self._waiting = self._waiting, []
        return b"".join([frame.raw for frame in waiting]) + data

    def _is_silent(self, frame: Frame) -> bool:
        return frame.data[:1] == "{" and self._passed.says_nothing(parsed(frame))


def refuse_garbage(frame: Frame) -> None:
    """The first frame must be what it claims to be, while there is still another target to go to."""
    if frame.data.lstrip()[:1] != "{":
        raise malformed()


def parsed(frame: Frame) -> Any:
    """Raises `UpstreamFailed` for what is no JSON."""
    try:
        return orjson.loads(frame.data)
    except orjson.JSONDecodeError:
        raise malformed() from None


def malformed() -> UpstreamFailed:
    message = "the upstream's stream does not begin with a JSON object"
    return UpstreamFailed(ErrorInfo(ErrorClass.UPSTREAM, message, "malformed_stream"))
