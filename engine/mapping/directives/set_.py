"""`$set`: write `state`."""

from __future__ import annotations

import ast

from engine.mapping.block import Block, Sink
from engine.mapping.directive import Directive, Form
from engine.mapping.sinks import value_of
from engine.mapping.statements import assign_item, constant
from engine.registry import Example
from engine.tree import Mapping


def emit(block: Block, form: Form, sink: Sink) -> list[ast.stmt]:
    spot = form.own["$set"]
    if not block.view.writes:
        block.error(form.own_at["$set"], "misplaced-directive", "$set may stand in streams only", spot.path)
        return []
    if not isinstance(spot.node, Mapping):
        block.error(spot.at, "bad-arguments", "$set takes an object of names", spot.path)
        return []
    state = block.names.attribute("state")
    statements: list[ast.stmt] = []
    for entry in spot.entries():
        first, value = value_of(block, spot.of(entry))
        statements += [*first, assign_item(state, constant(entry.key), value)]
    return statements


SPEC = Directive(
    name="$set",
    summary="Write names of `state`, which lasts as long as the stream; nothing writes null. Yields nothing.",
    emit=emit,
    examples=(
        Example("[{$set: {n: =data.n}}, =state.n]", [3], {"data": {"n": 3}, "state": {}}),
        Example("[{$set: {n: =data.n}}, {$nullable: =state.n}]", [None], {"data": {}, "state": {"n": 1}}),
    ),
)
