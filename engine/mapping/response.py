"""`response:` how a whole answer becomes events, a list of models, or another body."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.events import Event
from engine.expression.code import name
from engine.mapping.block import Block
from engine.mapping.names import VIEWS
from engine.mapping.program import Program
from engine.mapping.sinks import Back
from engine.mapping.spot import Spot, text_of
from engine.mapping.statements import assign, give
from engine.mapping.stream import OUT, StreamProgram, write_events
from engine.mapping.unit import Unit
from engine.tree import Mapping as Object

OWN_KEYS = ("from", "events", "models", "body", "steps")


@dataclass(frozen=True, slots=True)
class ResponseProgram:
    """`kind`: events, models or body. `stream` reads the answer where it is `from: stream`."""

    kind: str
    program: Program | None
    stream: StreamProgram | None = None

    def events(self, data: Any, status: int, headers: Mapping[str, str], scope: Any) -> list[Event]:
        """The events of a chat answer. Raises `MappingFailed`."""
        seen = _seen(scope, data, status, headers)
        if self.stream is not None:
            return self.stream.read(data, seen)
        events: list[Event] = self.program(seen) if self.program else []
        return events

    def value(self, data: Any, status: int, headers: Mapping[str, str], scope: Any) -> Any:
        """The models (a list) or the body of an answer. Raises `MappingFailed`."""
        return self.program(_seen(scope, data, status, headers)) if self.program else None


def _seen(scope: Any, data: Any, status: int, headers: Mapping[str, str]) -> Any:
    return scope.fork(data=data, status=status, reply_headers=dict(headers), event=None, state=None)


def compile_response(unit: Unit, spot: Spot, stream: StreamProgram | None) -> ResponseProgram | None:
    source = spot.get("from")
    if source is not None:
        if stream is None:
            message = "`from: stream` needs the operation's stream"
            unit.problems.error(source.at, "missing-stream", message, path=source.path)
        return ResponseProgram("events", None, stream) if text_of(source.node) == "stream" else None
    events = spot.get("events")
    if events is not None:
        return ResponseProgram("events", _events(unit, events))
    models = spot.get("models")
    if models is not None:
        return ResponseProgram("models", _value(unit, models))
    body = spot.get("body") or _remaining(spot)
    return ResponseProgram("body", _value(unit, body)) if body else None


def _remaining(spot: Spot) -> Spot | None:
    """What is no key of ours is the body itself: `embeddings: {response: {data: …, usage: …}}`."""
    entries = {entry.key: entry for entry in spot.entries() if entry.key not in OWN_KEYS}
    return Spot(Object(entries, spot.at), spot.path) if entries else None


def _events(unit: Unit, spot: Spot) -> Program:
    def body(block: Block) -> list[ast.stmt]:
        return [assign(OUT, ast.List([], ast.Load())), *write_events(block, spot), give(name(OUT))]

    return unit.program(VIEWS["response"], spot.path, body)


def _value(unit: Unit, spot: Spot) -> Program:
    return unit.program(VIEWS["response"], spot.path, lambda block: block.write(spot, Back()))
