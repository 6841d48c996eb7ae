"""A client protocol overheard: what an answer came to is noted while it is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.events import Event
from engine.surfaces.answer import Folded, Meta
from engine.surfaces.fold import Fold
from engine.surfaces.neutral import whole_of
from engine.surfaces.surface import Encoder, Surface


class Note:
    """The answer to one request, as far as it came. An attempt that is not the last leaves nothing."""

    def __init__(self) -> None:
        self._whole: Folded | None = None
        self._fold: Fold | None = None
        self._meta: Meta | None = None

    @property
    def complete(self) -> bool:
        if self._fold is not None:
            return self._fold.ended and self._fold.error is None
        return self._whole is not None

    def answer(self) -> Mapping[str, Any] | None:
        """The names that templates see of an answer; None when there was none."""
        folded = self._fold.result() if self._fold is not None else self._whole
        return whole_of(folded, self._meta) if folded is not None and self._meta is not None else None

    def whole(self, folded: Folded, meta: Meta) -> None:
        self._whole, self._meta = folded, meta

    def begin(self, meta: Meta) -> Fold:
        self._fold, self._meta = Fold(meta.uid), meta
        return self._fold


class ListeningEncoder:
    """Implements `surface.Encoder`."""

    def __init__(self, encoder: Encoder, fold: Fold) -> None:
        self._encoder = encoder
        self._fold = fold

    def encode(self, events: Sequence[Event]) -> bytes:
        self._fold.feed(events)
        return self._encoder.encode(events)


class Listening:
    """Implements `Surface` over another one, for requests with a `note`. Nothing passes through unread."""

    passthrough = None

    def __init__(self, surface: Surface) -> None:
        self._surface = surface

    def __getattr__(self, name: str) -> Any:
        return getattr(self._surface, name)

    def stream(self, asked: Any, body: Mapping[str, Any], meta: Meta) -> Encoder:
        encoder = self._surface.stream(asked, body, meta)
        return encoder if asked.note is None else ListeningEncoder(encoder, asked.note.begin(meta))

    def whole(self, folded: Folded, meta: Meta, asked: Any) -> Any:
        if asked.note is not None:
            asked.note.whole(folded, meta)
        return self._surface.whole(folded, meta, asked)
