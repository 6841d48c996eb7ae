"""An answer that has been opened: the client's bytes, whole or piece by piece."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import orjson

from engine.errors import ErrorInfo
from engine.events import Event
from engine.gateway.batches import Batches
from engine.gateway.read_stream import Pulled, ReadStream, Write
from engine.gateway.text_tools import Rewriting
from engine.surfaces.answer import Folded
from engine.surfaces.fold import Fold, error_fields
from engine.surfaces.surface import Encoder

Shape = Callable[[Folded], Any]
"""The client's whole body of a whole answer."""


class Source(Protocol):
    """Pull `next` for a client that wants a stream, or `whole` for one that does not, never both."""

    @property
    def usage(self) -> Mapping[str, Any] | None:
        """The settled token counts, as far as they are known."""
        ...

    @property
    def content_type(self) -> str | None:
        """Of the answer; None: that of the surface's streams, or JSON."""
        ...

    @property
    def complete(self) -> bool:
        """What `next` has given is the whole answer, and it is no error."""
        ...

    async def whole(self) -> bytes:
        """The client's whole body. Raises `EngineError`."""
        ...

    async def next(self) -> bytes | None:
        """The client's next bytes, never empty; None at the end. An `EngineError` is the end, too."""
        ...

    async def pour(self, write: Write) -> bytes:
        """As `ReadStream.pour`; what has nothing to pour does nothing."""
        ...

    def broken(self, info: ErrorInfo) -> bytes:
        """The bytes that tell a client, in the middle of its stream, of an error."""
        ...

    async def aclose(self) -> None:
        """Stop the upstream; safe to call twice."""
        ...


# Events that say nothing yet: a platform may send them at once, and then no more.
SILENT = ("start", "usage", "extra")


class Mapped(ReadStream):
    """Neutral events, folded and encoded: by `encoder` for a stream, else by `shape`, the whole answer.

    `call_off` is called when it is closed before its end.
    """

    __slots__ = ("_batches", "_begun", "_call_off", "_encoder", "_fold", "_rules", "_shape")

    def __init__(
        self,
        body: Pulled,
        batches: Batches,
        fold: Fold,
        shape: Shape | None = None,
        encoder: Encoder | None = None,
        rules: Rewriting | None = None,
        call_off: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(body)
        self._batches = batches
        self._fold = fold
        self._shape = shape
        self._encoder = encoder
        self._rules = rules
        self._call_off = call_off
        self._begun = False

    @property
    def usage(self) -> Mapping[str, Any] | None:
        return self._fold.usage

    @property
    def error(self) -> ErrorInfo | None:
        return self._fold.error if self._fold.ended else self._batches.failure

    async def whole(self) -> bytes:
        while await self.next() is not None:
            pass
        await self._body.aclose()
        folded = self._fold.result()
        if self._rules:
            folded = self._rules.whole(folded)
        assert self._shape is not None
        return orjson.dumps(self._shape(folded))

    def read(self, chunk: bytes | None) -> bytes:
        events = self._tell(chunk)
        return self._encoder.encode(events) if events and self._encoder is not None else b""

    def broken(self, info: ErrorInfo) -> bytes:
        assert self._encoder is not None
        held = self._rules.end() if self._rules else []
        return self._encoder.encode([*held, Event("error", error_fields(info))])

    async def aclose(self) -> None:
        call_off, self._call_off = self._call_off, None
        if call_off is not None and not self._fold.ended:
            call_off()
        await self._body.aclose()

    def _tell(self, chunk: bytes | None) -> Sequence[Event]:
        """The events of a chunk, in good order, without an error that they end with."""
        batch = self._batches.read(chunk)
        told = self._fold.feed(batch)
        if not self._begun:
            self._begun = any(event[0] not in SILENT for event in told)
        self.progress = self._begun and bool(batch)
        if chunk is None and not self._batches.failure:
            told += self._fold.end(complete=self._batches.complete)
        if self._rules and self._encoder:
            told = self._rules.feed(told)
        if self._fold.ended:
            self.ended, self.complete = True, self._fold.error is None
        elif self._batches.failure:
            self.ended = True
        return told[:-1] if self._fold.error else told
