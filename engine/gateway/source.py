"""An answer that has been opened: the client's bytes, whole or piece by piece."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import orjson

from engine.errors import ErrorInfo, UpstreamFailed
from engine.events import Event
from engine.gateway.batches import Batches
from engine.gateway.reading import Body
from engine.surfaces.answer import Meta
from engine.surfaces.fold import Fold, error_fields
from engine.surfaces.surface import Encoder, Surface


class Source(Protocol):
    """Pull `next` for a client that wants a stream, or `whole` for one that does not, never both."""

    @property
    def usage(self) -> Mapping[str, Any] | None:
        """The settled token counts, as far as they are known."""
        ...

    async def whole(self) -> bytes:
        """The client's whole body. Raises `EngineError`."""
        ...

    async def next(self) -> bytes | None:
        """The client's next bytes, never empty; None at the end. An `EngineError` is the end, too."""
        ...

    def broken(self, info: ErrorInfo) -> bytes:
        """The bytes that tell a client, in the middle of its stream, of an error."""
        ...

    async def aclose(self) -> None:
        """Stop the upstream; safe to call twice."""
        ...


class Mapped:
    """Neutral events, folded and encoded for the client's surface."""

    def __init__(self, body: Body, batches: Batches, fold: Fold, surface: Surface, meta: Meta) -> None:
        self._body = body
        self._batches = batches
        self._fold = fold
        self._surface = surface
        self._meta = meta
        self._encoder: Encoder | None = None
        self._progress = False

    def encode_for(self, body: Mapping[str, Any]) -> Mapped:
        """Make ready to stream to the client of this body."""
        self._encoder = self._surface.stream(body, self._meta)
        return self

    @property
    def usage(self) -> Mapping[str, Any] | None:
        return self._fold.usage

    async def whole(self) -> bytes:
        while await self._events() is not None:
            pass
        await self._body.aclose()
        return orjson.dumps(self._surface.whole(self._fold.result(), self._meta))

    async def next(self) -> bytes | None:
        assert self._encoder is not None
        while (events := await self._events()) is not None:
            data = self._encoder.encode(events)
            if data:
                return data
        return None

    def broken(self, info: ErrorInfo) -> bytes:
        assert self._encoder is not None
        return self._encoder.encode([Event("error", error_fields(info))])

    async def aclose(self) -> None:
        await self._body.aclose()

    async def _events(self) -> Sequence[Event] | None:
        """The next events in good order; None when all is told."""
        if self._fold.error:
            raise UpstreamFailed(self._fold.error)
        if self._fold.ended:
            await self._body.drain()
            return None
        if self._progress:
            self._body.deadlines.progressed()
        batch = await self._batches.next()
        self._progress = batch is not None
        told = self._fold.end(complete=self._batches.complete) if batch is None else self._fold.feed(batch)
        if self._fold.error:
            told = told[:-1]
        return told
