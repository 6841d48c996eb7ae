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
from engine.mapping.scope import Scope
from engine.mapping.sight import suggestion
from engine.mapping.sinks import Back
from engine.mapping.spot import Spot, text_of
from engine.mapping.statements import assign, give
from engine.mapping.stream import OUT, StreamProgram, write_events
from engine.mapping.unit import Unit
from engine.operations import CHAT, OPERATIONS, Kind
from engine.tree import Mapping as Object

# What a response may read without the request; `event` and `state` begin empty.
OF_THE_ANSWER = frozenset({"data", "status", "reply_headers", "event", "state"})

RESULTS = "results"

OWN_KEYS = ("from", "events", "models", "body", "steps")


@dataclass(frozen=True, slots=True)
class ResponseProgram:
    """`kind`: events, models, results or body. `stream` reads the answer where it is `from: stream`.

    `reads_request`: it reads more than the answer, so that it needs the scope of the request.
    """

    kind: str
    program: Program | None
    stream: StreamProgram | None = None
    reads_request: bool = True

    def events(self, data: Any, status: int, headers: Mapping[str, str], scope: Any) -> list[Event]:
        """The events of a chat answer. Raises `MappingFailed`."""
        seen = self._seen(scope, data, status, headers)
        if self.stream is not None:
            return self.stream.read(data, seen)
        events: list[Event] = self.program(seen) if self.program else []
        return events

    def value(self, data: Any, status: int, headers: Mapping[str, str], scope: Any) -> Any:
        """The models (a list), the results (an object) or the body of an answer. Raises `MappingFailed`."""
        return self.program(self._seen(scope, data, status, headers)) if self.program else None

    def _seen(self, scope: Any, data: Any, status: int, headers: Mapping[str, str]) -> Any:
        if self.reads_request:
            return scope.fork(data=data, status=status, reply_headers=headers, event=None, state=None)
        return Scope.of_answer(data, status, headers, "")


def compile_response(
    unit: Unit, spot: Spot, stream: StreamProgram | None, operation: str = CHAT
) -> ResponseProgram | None:
    kind = OPERATIONS.get(operation)
    if kind is not None:
        return _results(unit, spot, kind)
    source = spot.get("from")
    if source is not None:
        if stream is None:
            message = "`from: stream` needs the operation's stream"
            unit.problems.error(source.at, "missing-stream", message, path=source.path)
        if stream is None or text_of(source.node) != "stream":
            return None
        return ResponseProgram("events", None, stream, _reads_request(unit, stream.program))
    events = spot.get("events")
    if events is not None:
        return _program(unit, "events", _events(unit, events))
    models = spot.get("models")
    if models is not None:
        return _program(unit, "models", _value(unit, models))
    body = spot.get("body") or _remaining(spot)
    return _program(unit, "body", _value(unit, body)) if body else None


def _results(unit: Unit, spot: Spot, kind: Kind) -> ResponseProgram | None:
    """What an operation beside the chat gives: results that it knows, each a template."""
    written = [entry for entry in spot.entries() if entry.key != "steps"]
    for entry in written:
        if entry.key not in kind.results:
            hint = suggestion(entry.key, kind.results) or f"results: {', '.join(kind.results)}"
            message = f"{kind.name!r} has no result {entry.key!r}"
            unit.problems.error(
                entry.key_at, "unknown-result", message, hint=hint, path=spot.below(entry.key)
            )
    if not kind.raw and kind.needed not in {entry.key for entry in written}:
        message = f"the response of {kind.name!r} needs {kind.needed!r}: {kind.results[kind.needed]}"
        unit.problems.error(spot.at, "missing-key", message, path=spot.path)
    body = Spot(Object({entry.key: entry for entry in written}, spot.at), spot.path)
    return _program(unit, RESULTS, _value(unit, body))


def _program(unit: Unit, kind: str, program: Program) -> ResponseProgram:
    return ResponseProgram(kind, program, None, _reads_request(unit, program))


def _reads_request(unit: Unit, program: Program) -> bool:
    reads = unit.reads(program)
    return reads.lets or not reads.names <= OF_THE_ANSWER


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
