"""The upstream's answer as batches of neutral events, whatever its bytes look like."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from engine.errors import ErrorClass, ErrorInfo, MappingFailed
from engine.events import Event
from engine.mapping.scope import Scope
from engine.mapping.stream import StreamProgram
from engine.wire.framing import Framing


class Batches(Protocol):
    """`complete`: it was one JSON body, which says itself where it ends.

    `failure`: no more can be read; what stood before it was given.
    """

    @property
    def complete(self) -> bool: ...

    @property
    def failure(self) -> ErrorInfo | None: ...

    def read(self, chunk: bytes | None) -> Sequence[Event]:
        """The events that these bytes complete; None is the end. Raises `FramingError`."""
        ...


class OneBatch:
    """The events of a whole answer, whose bytes have all been read."""

    complete = True
    failure: ErrorInfo | None = None

    def __init__(self, events: Sequence[Event]) -> None:
        self._events = events

    def read(self, chunk: bytes | None) -> Sequence[Event]:
        events, self._events = self._events, ()
        return events


class StreamBatches:
    """The events of a stream."""

    complete = False

    def __init__(self, framing: Framing, program: StreamProgram, scope: Scope) -> None:
        self._framing = framing
        self._program = program
        self._scope = scope
        self.failure: ErrorInfo | None = None

    def read(self, chunk: bytes | None) -> Sequence[Event]:
        frames = self._framing.close() if chunk is None else self._framing.feed(chunk)
        events: list[Event] = []
        try:
            for frame in frames:
                events += self._program.events(frame, self._scope)
        except MappingFailed as failure:
            self.failure = unreadable(failure)
        return events


def unreadable(failure: MappingFailed) -> ErrorInfo:
    """What a client is told when its answer does not fit the mapping that should read it."""
    message = f"the upstream's answer makes no sense: {failure}"
    return ErrorInfo(ErrorClass.UPSTREAM, message, "unreadable_answer")
