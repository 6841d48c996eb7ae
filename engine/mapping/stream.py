"""`stream:` how the frames of a streamed answer become events."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import orjson

from engine.events import Event, Frame
from engine.expression.code import compare, conditional, method, name
from engine.mapping.block import Block
from engine.mapping.events import Events
from engine.mapping.names import VIEWS
from engine.mapping.program import Program
from engine.mapping.runtime import label, upstream_error
from engine.mapping.scope import Scope
from engine.mapping.sight import suggestion
from engine.mapping.sinks import Back, kept
from engine.mapping.spot import Spot, is_null, text_of
from engine.mapping.statements import assign, constant, give, has_type, run, when
from engine.mapping.unit import Unit
from engine.tree import Mapping as Tree
from engine.tree import to_data

OUT = "out"


@dataclass(frozen=True, slots=True)
class StreamProgram:
    """`framing`: how bytes are cut · `payload`: json or text · `end`: the frame that ends the stream.

    `reads_request`: its events depend on what the client sent · `unpack`: what `data` is of what comes.
    """

    framing: str
    payload: str
    end: str | None
    state: Mapping[str, Any]
    program: Program
    reads_request: bool = True
    unpack: Program | None = None

    def scope(self, attempt: Scope) -> Scope:
        """The scope of one stream, which may last: the request, maybe large, is held only if it is read."""
        return attempt.fork() if self.reads_request else attempt.without_request()

    def events(self, frame: Frame, scope: Any) -> list[Event]:
        """The events of one frame; one that is not valid JSON is an `error` event. Raises `MappingFailed`."""
        text = frame.data
        if self.end is not None and text.strip() == self.end:
            return [Event("done", {})]
        data: Any = text
        if self.payload == "json":
            try:
                data = orjson.loads(text)
            except orjson.JSONDecodeError:
                if text.strip():
                    return [upstream_error("the upstream sent an event that is not valid JSON")]
                data = None
        scope.event = frame.event
        return self.read(data, scope)

    def read(self, data: Any, scope: Any) -> list[Event]:
        """The events of a payload, or of a whole answer that has the shape of one."""
        scope.data = data
        if scope.state is None:
            scope.state = deepcopy(dict(self.state)) if self.state else {}
        if self.unpack is not None:
            scope.data = self.unpack(scope)
        events: list[Event] = self.program(scope)
        return events


def compile_stream(unit: Unit, spot: Spot, framings: frozenset[str] | None) -> StreamProgram:
    framing = _text(spot, "frames", "sse")
    if framings is not None and framing not in framings:
        known = ", ".join(sorted(framings))
        message = f"unknown framing {framing!r}; framings: {known}"
        place = spot.get("frames") or spot
        hint = suggestion(framing, sorted(framings))
        unit.problems.error(place.at, "unknown-framing", message, hint=hint, path=place.path)
    _check_parts(unit, spot)
    end = spot.get("end")
    state = spot.get("state")
    program = unit.program(VIEWS["stream"], spot.path, lambda block: _body(block, spot))
    data = spot.get("data")
    unpack = (
        unit.program(VIEWS["stream"], data.path, lambda block: block.write(data, Back())) if data else None
    )
    return StreamProgram(
        framing=framing,
        payload=_text(spot, "payload", "json"),
        end=text_of(end.node) if end else None,
        state=to_data(state.node) if state else {},
        program=program,
        reads_request=unit.reads(*(part for part in (program, unpack) if part)).anything,
        unpack=unpack,
    )


def _check_parts(unit: Unit, spot: Spot) -> None:
    """A stream without events, or with half of a choice among them, would lose every answer in silence."""
    select, cases = spot.get("select"), spot.get("cases")
    missing = None
    if select is None and cases is None and spot.get("events") is None:
        missing = "a stream needs `events`, or `select` and `cases`"
    elif (select is None) != (cases is None):
        missing = "`select` needs `cases`" if cases is None else "`cases` needs `select`, a frame's label"
    if missing:
        unit.problems.error((select or cases or spot).at, "missing-key", missing, path=spot.path)
    if cases is not None and not isinstance(cases.node, Tree):
        message = "cases are a mapping: label → events"
        unit.problems.error(cases.at, "wrong-type", message, path=cases.path)


def _text(spot: Spot, key: str, default: str) -> str:
    found = spot.get(key)
    return (text_of(found.node) if found else None) or default


def _body(block: Block, spot: Spot) -> list[ast.stmt]:
    select, events = spot.get("select"), spot.get("events")
    if select is not None:
        written = _selected(block, spot, select)
    else:
        written = write_events(block, events) if events else []
    return [assign(OUT, ast.List([], ast.Load())), *written, give(name(OUT))]


def write_events(block: Block, spot: Spot) -> list[ast.stmt]:
    """Statements that add the events of a list, or of one event mapping, to `OUT`."""
    return [] if is_null(spot.node) else block.write(spot, Events(OUT, constant(0)))


def _selected(block: Block, spot: Spot, select: Spot) -> list[ast.stmt]:
    if block.is_text(select, "select is an expression"):
        return []
    value = block.fresh("label")
    as_text = conditional(has_type(name(value), "str"), name(value), block.use(label, name(value)))
    cases = spot.get("cases")
    chain: list[ast.stmt] = []
    if _text(spot, "default", "ignore") == "error":
        unexpected = block.use(_unexpected, name(value))
        chain = [run(method(name(OUT), "append", unexpected))]
    for entry in reversed(cases.entries() if cases else ()):
        test = compare(name(value), ast.Eq(), constant(entry.key))
        assert cases is not None
        chain = [when(test, write_events(block, cases.of(entry)), chain)]
    place = block.module.place(assign(value, as_text), select.at)
    return [*kept(block, select, value), place, *chain]


def _unexpected(found: str | None) -> Event:
    kind = "without a kind" if found is None else f"of an unknown kind: {found}"
    return upstream_error(f"the upstream sent an event {kind}")
