"""`$literal`: a raw subtree."""

from __future__ import annotations

import ast

from engine.expression.code import literal
from engine.mapping.block import Block, Sink
from engine.mapping.directive import Directive, Form
from engine.registry import Example
from engine.tree import to_data


def emit(block: Block, form: Form, sink: Sink) -> list[ast.stmt]:
    return sink.yielded(block, literal(to_data(form.own["$literal"].node)))


SPEC = Directive(
    name="$literal",
    summary="The subtree as it stands: nothing in it is an expression or a directive.",
    emit=emit,
    examples=(
        Example('{k: {$literal: {$ref: "=no ${expression}"}}}', {"k": {"$ref": "=no ${expression}"}}),
        Example('{$literal: "=x"}', "=x"),
    ),
)
