"""The upstream's answer as batches of neutral events, whatever its bytes look like."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from engine.errors import ErrorClass, ErrorInfo, MappingFailed, UpstreamFailed
from engine.events import Event, Frame
from engine.gateway.reading import Body
from engine.mapping.scope import Scope
from engine.mapping.stream import StreamProgram
from engine.wire.framing import Framing


class Batches(Protocol):
    """`complete`: it was one JSON body, which says itself where it ends."""

    complete: bool

    async def next(self) -> Sequence[Event] | None:
        """The next events, at least one; None at the end. Raises `UpstreamFailed`."""
        ...


class OneBatch:
    """The events of a whole answer."""

    complete = True

    def __init__(self, events: Sequence[Event]) -> None:
        self._events: Sequence[Event] | None = events or None

    async def next(self) -> Sequence[Event] | None:
        events, self._events = self._events, None
        return events


class StreamBatches:
    """The events of a stream as its frames come. What stood before a failure is told before it is raised."""

    complete = False

    def __init__(self, body: Body, framing: Framing, program: StreamProgram, scope: Scope) -> None:
        self._body = body
        self._framing = framing
        self._program = program
        self._scope = scope
        self._failure: UpstreamFailed | None = None
        self._ended = False

    async def next(self) -> Sequence[Event] | None:
        while True:
            if self._failure:
                raise self._failure
            if self._ended:
                return None
            events = self._map(await self._frames())
            if events:
                return events

    async def _frames(self) -> list[Frame]:
        chunk = await self._body.next()
        if chunk is not None:
            return self._framing.feed(chunk)
        self._ended = True
        return self._framing.close()

    def _map(self, frames: Sequence[Frame]) -> list[Event]:
        events: list[Event] = []
        try:
            for frame in frames:
                events += self._program.events(frame, self._scope)
        except MappingFailed as failure:
            self._failure = UpstreamFailed(unreadable(failure))
            if not events:
                raise self._failure from failure
        return events


def unreadable(failure: MappingFailed) -> ErrorInfo:
    """What a client is told when its answer does not fit the mapping that should read it."""
    message = f"the upstream's answer makes no sense: {failure}"
    return ErrorInfo(ErrorClass.UPSTREAM, message, "unreadable_answer")
