"""An answer whose events pass through unread, but for those that the dialect of its protocol must read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engine.errors import ErrorInfo, MappingFailed
from engine.events import Event, Frame
from engine.gateway.batches import unreadable
from engine.gateway.read_stream import ReadStream
from engine.gateway.reading import Body
from engine.surfaces.fold import Fold, error_fields
from engine.surfaces.surface import Encoder
from engine.wire.framing import Cutting

# All that an answer tells that says nothing yet: until it does, another target may still answer.
SILENT = "start"


class RelayedFrames(ReadStream):
    """A stream whose events go on as they came. `events` gives those of a frame; `notable` frames are read.

    `encoder` says what the upstream did not: an error, in the client's own form.
    """

    __slots__ = ("_begun", "_encoder", "_events", "_fold", "_framing", "_notable", "_waiting")

    def __init__(
        self,
        body: Body,
        framing: Cutting,
        events: Callable[[Frame], Sequence[Event]],
        notable: re.Pattern[bytes],
        fold: Fold,
        encoder: Encoder,
    ) -> None:
        super().__init__(body)
        self._framing = framing
        self._events = events
        self._notable = notable
        self._fold = fold
        self._encoder = encoder
        self._begun = False
        self._waiting: list[bytes] = []

    @property
    def usage(self) -> Mapping[str, Any] | None:
        return self._fold.usage

    @property
    def error(self) -> ErrorInfo | None:
        return self._fold.error

    async def whole(self) -> bytes:
        raise TypeError("a stream does not pass through to a client that wants a whole answer")

    def broken(self, info: ErrorInfo) -> bytes:
        return self._encoder.encode([Event("error", error_fields(info))])

    def read(self, chunk: bytes | None) -> bytes:
        if chunk is None:
            data = self._feed(self._framing.close())
            self._fold.end()
        else:
            events = self._framing.cut(chunk)
            if self._begun and self._is_plain(events):
                self.progress = bool(events)
                return events
            data = self._feed(self._framing.parse(events))
        self.ended = self._fold.ended
        self.complete = self.ended and self._fold.error is None
        return data

    def _is_plain(self, events: bytes) -> bool:
        """Whether all events are objects, the last line of each, and none is worth reading."""
        return (
            events.count(b"\n\n") == events.count(b"}\n\n")
            and events.endswith(b"\n\n")
            and events.startswith((b"event:", b"data:"))
            and b"\r" not in events
            and not self._notable.search(events)
        )

    def _feed(self, frames: Sequence[Frame]) -> bytes:
        out: list[bytes] = []
        for frame in frames:
            if self._fold.ended:
                break
            if self._begun and looks_sound(frame) and not self._notable.search(frame.raw):
                out.append(whole(frame))
                continue
            told = self._told(frame)
            if self._fold.error:
                break
            self._waiting.append(whole(frame))
            self._begun = self._begun or any(event.kind != SILENT for event in told)
            if self._begun:
                out += self._waiting
                self._waiting = []
        self.progress = bool(out)
        return b"".join(out)

    def _told(self, frame: Frame) -> Sequence[Event]:
        """What a frame tells, read and noted."""
        try:
            told = self._fold.feed(self._events(frame))
        except MappingFailed as failure:
            self._fold.fail(unreadable(failure))
            return ()
        begun = [event for event in told if event.kind == "start"]
        if begun:
            self._encoder.encode(begun)  # so that an error, if there is one, is an error of this answer
        return told


def looks_sound(frame: Frame) -> bool:
    """A cheap look instead of a parse."""
    return frame.data[:1] == "{" and frame.data[-1:] == "}"


def whole(frame: Frame) -> bytes:
    """The last event of a stream may lack its blank line."""
    if frame.raw.endswith((b"\n\n", b"\r\n\r\n", b"\r\r")):
        return frame.raw
    return frame.raw.rstrip(b"\r\n") + b"\n\n"
