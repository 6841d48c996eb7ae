"""`$value`: the node is the value, so that `$when` can guard a scalar or a list."""

from __future__ import annotations

import ast

from engine.mapping.block import Block, Sink
from engine.mapping.directive import Directive, Form
from engine.registry import Example


def emit(block: Block, form: Form, sink: Sink) -> list[ast.stmt]:
    return block.write(form.own["$value"], sink)


SPEC = Directive(
    name="$value",
    summary="The node is the value: a way to put `$when` on a scalar or a list.",
    emit=emit,
    examples=(
        Example(
            "{top_p: {$when: =body.top_p, $value: =body.top_p}}", {"top_p": 0.5}, {"body": {"top_p": 0.5}}
        ),
        Example("[a, {$value: [b, c]}]", ["a", "b", "c"]),
        Example("[a, {$value: =body.list}]", ["a", 1, 2], {"body": {"list": [1, 2]}}),
    ),
)
