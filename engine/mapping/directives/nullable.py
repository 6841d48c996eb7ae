"""`$nullable`: keep the key, with null."""

from __future__ import annotations

import ast

from engine.expression.code import name
from engine.mapping.block import Block, Sink
from engine.mapping.directive import Directive, Form
from engine.mapping.sinks import Into
from engine.mapping.statements import assign, constant
from engine.registry import Example


def emit(block: Block, form: Form, sink: Sink) -> list[ast.stmt]:
    local = block.fresh("whole")
    written = block.write(form.own["$nullable"], Into(local))
    return [assign(local, constant(None)), *written, *sink.yielded(block, name(local))]


SPEC = Directive(
    name="$nullable",
    summary="The template, or null where it yields nothing, so that the key stays.",
    emit=emit,
    examples=(
        Example("{k: {$nullable: =body.a}}", {"k": None}, {"body": {}}),
        Example("{k: {$nullable: =body.a}}", {"k": 1}, {"body": {"a": 1}}),
    ),
)
