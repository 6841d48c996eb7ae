"""`$raise`: refuse the request."""

from __future__ import annotations

import ast

from engine.mapping.block import Block, Sink
from engine.mapping.classes import check_class
from engine.mapping.directive import Directive, Form
from engine.mapping.runtime import refuse
from engine.mapping.sight import suggestion
from engine.mapping.sinks import value_of
from engine.mapping.spot import Spot
from engine.mapping.statements import constant, run
from engine.registry import Example
from engine.tree import Mapping

FIELDS = ("message", "param", "code", "class")


def emit(block: Block, form: Form, sink: Sink) -> list[ast.stmt]:
    spot = form.own["$raise"]
    fields = _fields(block, spot)
    statements: list[ast.stmt] = []
    arguments: list[ast.expr] = []
    for field in FIELDS:
        first, value = value_of(block, fields[field]) if field in fields else ([], constant(None))
        statements += first
        arguments.append(value)
    return [*statements, block.module.place(run(block.use(refuse, *arguments)), spot.at)]


def _fields(block: Block, spot: Spot) -> dict[str, Spot]:
    if not isinstance(spot.node, Mapping):
        return {"message": spot}
    fields = {entry.key: spot.of(entry) for entry in spot.entries()}
    for entry in spot.node:
        if entry.key in fields and entry.key not in FIELDS:
            message = f"$raise has no {entry.key!r}; it takes {', '.join(FIELDS)}"
            block.error(
                entry.key_at, "bad-arguments", message, spot.below(entry.key), suggestion(entry.key, FIELDS)
            )
    if "message" not in fields:
        block.error(spot.at, "bad-arguments", "$raise needs a message", spot.path)
    if "class" in fields:
        check_class(fields["class"], block.home.tables, block.problems)
    return fields


SPEC = Directive(
    name="$raise",
    summary="Refuse the request with a message; `param`, `code` and an error class (`invalid`) may be given.",
    emit=emit,
    examples=(
        Example(
            '{$raise: {message: "no ${body.kind} here", param: kind}}',
            {"status": 400, "message": "no audio here", "param": "kind"},
            {"body": {"kind": "audio"}},
        ),
        Example(
            "{a: {$when: =body.a, $raise: {message: too long, class: context_length, code: too_long}}}",
            {"status": 400, "message": "too long", "code": "too_long"},
            {"body": {"a": 1}},
        ),
        Example("{a: {$when: =body.a, $raise: no}}", {}, {"body": {}}),
    ),
)
