"""The surface of the engine's own callers: the hub's words in, neutral events out, one JSON line each.

A stream is lines of `[kind, fields, choice]`, in the order of a `Fold`; a whole answer is an object of the
names that templates see, with the chat completion under `completion`; an error is an object of all that an
`ErrorInfo` holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import orjson

from engine.errors import ErrorClass, ErrorInfo
from engine.events import Event
from engine.surfaces.answer import Folded, Meta
from engine.surfaces.declared.answer import answer_names, begin
from engine.surfaces.openai_chat.completion import completion
from engine.surfaces.openai_chat.surface import ChatCompletions
from engine.surfaces.surface import Asked

LINES = "application/x-ndjson"

# Kinds that are no part of an answer yet: until one is, another target may take over.
SILENT = frozenset({"start", "usage", "extra"})


class LineEncoder:
    """Implements `surface.Encoder`."""

    def __init__(self, meta: Meta) -> None:
        self._meta = meta
        self._waiting = b""
        self._begun = False

    def encode(self, events: Sequence[Event]) -> bytes:
        lines = self._waiting + b"".join(orjson.dumps(self._told(event)) + b"\n" for event in events)
        self._begun = self._begun or any(event[0] not in SILENT for event in events)
        self._waiting = b"" if self._begun else lines
        return lines if self._begun else b""

    def _told(self, event: Event) -> tuple[Any, ...]:
        kind, fields, choice = event
        return (kind, begin(fields, self._meta) if kind == "start" else fields, choice)


def events_of(piece: bytes) -> Iterator[Event]:
    """The events of some bytes of a stream."""
    for line in piece.splitlines():
        yield Event(*orjson.loads(line))


def whole_of(folded: Folded, meta: Meta) -> dict[str, Any]:
    return {**answer_names(folded, meta), "completion": completion(folded, meta)}


def error_of(body: bytes) -> ErrorInfo:
    """The error of an error answer."""
    told = orjson.loads(body)
    return ErrorInfo(**{**told, "error_class": ErrorClass(told["error_class"])})


class NeutralSurface(ChatCompletions):
    """The hub's requests, and answers of its own; nothing passes through."""

    wire = ""
    passthrough = None
    endpoints = ()

    def stream_type(self, asked: Asked) -> str:
        return LINES

    def stream(self, asked: Asked, body: Mapping[str, Any], meta: Meta) -> LineEncoder:
        return LineEncoder(meta)

    def whole(self, folded: Folded, meta: Meta, asked: Asked) -> dict[str, Any]:
        return whole_of(folded, meta)

    def error(self, info: ErrorInfo) -> dict[str, Any]:
        return asdict(info)

    def last_words(self, info: ErrorInfo, content_type: str) -> bytes | None:
        return None


NEUTRAL = NeutralSurface()
