"""A surface, compiled: its client's requests as neutral fields, events as frames of its stream.

What it compiles is told in the words of the language alone; `engine.surfaces.declared` makes a client
protocol of it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from engine.diagnostics import Problems
from engine.events import CHAT_FIELDS, EVENT_FIELDS
from engine.expression.code import name
from engine.mapping.block import Block
from engine.mapping.dialect import note_unused
from engine.mapping.frames import Frames
from engine.mapping.names import VIEWS, Reads, View
from engine.mapping.program import Program
from engine.mapping.scope import Scope
from engine.mapping.sight import suggestion
from engine.mapping.sinks import Back
from engine.mapping.spot import Spot, is_null, text_of
from engine.mapping.statements import assign, constant, give
from engine.mapping.unit import Unit
from engine.operations import OPERATIONS
from engine.tree import Mapping as Tree
from engine.tree import to_data

OUT = "out"
SSE = "sse"
FRAMINGS = ("sse", "ndjson", "json-array")
Names = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DecodePrograms:
    """`fields`: a program for each field of `chat` · `known`: fields of the client's body that something
    reads or that ask for nothing; None for all of them · `passes`: which requests may pass as they are.
    """

    model: Program | None
    fields: Mapping[str, Program]
    body: Program | None
    known: frozenset[str] | None
    carried: Mapping[str, str]
    names: Mapping[str, str]
    schema: Mapping[str, Any] | None
    passes: Program | None = None


@dataclass(frozen=True, slots=True)
class EncodePrograms:
    """`cases`: a program for each kind of event · `framing`: sse, ndjson or json-array, or what says which ·
    `holds_request`: events after the first read the client's body.
    """

    id: str
    whole: Program | None
    framing: str | Program
    state: Mapping[str, Any]
    cases: Mapping[str, Program]
    holds_request: bool
    error: Program | None
    one_model: Program | None
    models: Program | None
    count: Program | None


@dataclass(frozen=True, slots=True)
class OperationPrograms:
    """What is asked beside a chat. `known` as in `DecodePrograms`; without `body` the client's is taken."""

    model: Program | None
    body: Program | None
    known: frozenset[str] | None
    names: Mapping[str, str]
    schema: Mapping[str, Any] | None
    wire: str
    response: Program | None


@dataclass(frozen=True, slots=True)
class SurfacePrograms:
    """`root` names the whole thing in messages; `tables` are for coverage. Every program takes a `Scope`.

    `chats`: it has a chat, too.
    """

    name: str
    decode: DecodePrograms
    encode: EncodePrograms
    operations: Mapping[str, OperationPrograms]
    chats: bool
    tables: Mapping[str, Any]

    def scope(self, names: Names, clock: Callable[[], float], ids: Callable[[str], str]) -> Scope:
        return Scope(clock=clock, ids=ids, **names)

    def state(self) -> dict[str, Any]:
        return deepcopy(dict(self.encode.state))

    @property
    def any_program(self) -> Program | None:
        """Any of its programs, since all stand in one generated module."""
        other = [each for one in self.operations.values() for each in (one.response, one.body)]
        found = [*self.decode.fields.values(), *self.encode.cases.values(), self.encode.whole, *other]
        return next((program for program in found if program is not None), None)


def compile_surface(name: str, node: Tree, problems: Problems) -> SurfacePrograms:
    """Compile a surface whose `extends` was merged. Mistakes go to `problems`; what has none still works."""
    own = Problems()
    spot = Spot(node, f"surfaces.{name}")
    unit = Unit(own, spot, lets_in="decode")
    tables = spot.get("tables")
    compiled = SurfacePrograms(
        name=name,
        decode=_decode(unit, spot.get("decode"), _get(spot.get("passthrough"), "when")),
        encode=_encode(unit, spot),
        operations=_operations(unit, spot.get("operations")),
        chats=spot.get("decode") is not None or spot.get("hub") is not None,
        tables=to_data(tables.node) if tables else {},
    )
    unit.check_unused()
    if not own.has_errors and spot.get("extends") is None:
        note_unused(spot, unit.used, own)
    unit.build(spot)
    problems.extend(own.items)
    return compiled


def _decode(unit: Unit, spot: Spot | None, passes: Spot | None) -> DecodePrograms:
    view = VIEWS["decode"]
    found = {field: _value(unit, view, _get(spot, field)) for field in CHAT_FIELDS}
    fields = {field: program for field, program in found.items() if program is not None}
    model, body = (_value(unit, view, _get(spot, key)) for key in ("model", "body"))
    reads = unit.reads(*fields.values(), *(program for program in (model, body) if program))
    return DecodePrograms(
        model=model,
        fields=fields,
        body=body,
        known=_known(unit, reads, spot),
        carried=_data(spot, "carried") or {},
        names=_data(spot, "names") or {},
        schema=_schema(spot),
        passes=_value(unit, view, passes),
    )


def _known(unit: Unit, reads: Reads, spot: Spot | None) -> frozenset[str] | None:
    """Fields of the client's body that something reads or that ask for nothing; None for all of them."""
    ignored = _data(spot, "ignored") or []
    lets = unit.let_reads()
    if reads.body_fields is None or lets.whole_body:
        return None
    return reads.body_fields | {"model", *(ignored if isinstance(ignored, list) else [ignored]), *lets.body}


def _schema(spot: Spot | None) -> Mapping[str, Any] | None:
    schema = _data(spot, "schema")
    return schema if isinstance(schema, dict) else None


def _operations(unit: Unit, spot: Spot | None) -> dict[str, OperationPrograms]:
    found: dict[str, OperationPrograms] = {}
    for entry in spot.entries() if spot else ():
        assert spot is not None
        if entry.key not in OPERATIONS:
            hint = suggestion(entry.key, OPERATIONS) or f"operations: {', '.join(OPERATIONS)}"
            message = f"unknown operation {entry.key!r}"
            at, path = entry.key_at, spot.below(entry.key)
            unit.problems.error(at, "unknown-operation", message, hint=hint, path=path)
        elif not is_null(entry.value):
            found[entry.key] = _operation(unit, entry.key, spot.of(entry))
    return found


def _operation(unit: Unit, title: str, spot: Spot) -> OperationPrograms:
    model, body = (_value(unit, VIEWS["decode"], spot.get(key)) for key in ("model", "body"))
    reads = unit.reads(*(program for program in (model, body) if program))
    return OperationPrograms(
        model=model,
        body=body,
        known=None if body is None else _known(unit, reads, spot),
        names=_data(spot, "names") or {},
        schema=_schema(spot),
        wire=_text(spot, "wire") or "",
        response=_value(unit, VIEWS[f"encode.{title}"], spot.get("response")),
    )


def _encode(unit: Unit, root: Spot) -> EncodePrograms:
    spot, models = root.get("encode"), root.get("models")
    cases = _cases(unit, _get(spot, "cases"))
    later = [program for kind, program in cases.items() if kind != "start"]
    return EncodePrograms(
        id=_text(spot, "id") or "",
        whole=_value(unit, VIEWS["encode.whole"], _get(spot, "whole")),
        framing=_framing(unit, _get(spot, "frames")),
        state=_data(spot, "state") or {},
        cases=cases,
        holds_request=unit.reads(*later).anything,
        error=_value(unit, VIEWS["encode.error"], root.get("error")),
        one_model=_value(unit, VIEWS["encode.model"], _get(models, "one")),
        models=_value(unit, VIEWS["encode.model"], _get(models, "list")),
        count=_value(unit, VIEWS["encode.count"], root.get("count_tokens")),
    )


def _framing(unit: Unit, spot: Spot | None) -> str | Program:
    text = text_of(spot.node) if spot else SSE
    if spot is None or text in FRAMINGS:
        return text or SSE
    if text is not None and not text.startswith("="):
        message = f"unknown framing {text!r}; framings: {', '.join(FRAMINGS)}"
        hint = suggestion(text, FRAMINGS)
        unit.problems.error(spot.at, "unknown-framing", message, hint=hint, path=spot.path)
        return SSE
    return _value(unit, VIEWS["encode.whole"], spot) or SSE


def _cases(unit: Unit, spot: Spot | None) -> dict[str, Program]:
    programs: dict[str, Program] = {}
    for entry in spot.entries() if spot else ():
        assert spot is not None
        if entry.key not in EVENT_FIELDS:
            hint = suggestion(entry.key, EVENT_FIELDS) or f"kinds of events: {', '.join(EVENT_FIELDS)}"
            message = f"unknown event {entry.key!r}"
            unit.problems.error(entry.key_at, "unknown-event", message, hint=hint, path=spot.below(entry.key))
        elif not is_null(entry.value):
            programs[entry.key] = _frames(unit, spot.of(entry))
    return programs


def _frames(unit: Unit, spot: Spot) -> Program:
    def body(block: Block) -> list[ast.stmt]:
        return [assign(OUT, ast.List([], ast.Load())), *block.write(spot, Frames(OUT)), give(name(OUT))]

    return unit.program(VIEWS["encode"], spot.path, body)


def _value(unit: Unit, view: View, spot: Spot | None) -> Program | None:
    if spot is None:
        return None
    return unit.program(view, spot.path, lambda block: [*block.write(spot, Back()), give(constant(None))])


def _get(spot: Spot | None, key: str) -> Spot | None:
    return spot.get(key) if spot else None


def _data(spot: Spot | None, key: str) -> Any:
    found = _get(spot, key)
    return to_data(found.node) if found else None


def _text(spot: Spot | None, key: str) -> str | None:
    found = _get(spot, key)
    return text_of(found.node) if found else None
