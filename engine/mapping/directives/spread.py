"""`$spread`: copy the keys of other objects; keys that are written beside it win."""

from __future__ import annotations

import ast

from engine.mapping.block import Block, Sink
from engine.mapping.directive import Directive, Form
from engine.registry import Example


def emit(block: Block, form: Form, sink: Sink) -> list[ast.stmt]:
    spread = form.own["$spread"]
    if block.is_text(spread, "$spread takes an object"):
        return []
    return sink.mapping(block, form.spot, form.rest, spread)


SPEC = Directive(
    name="$spread",
    summary=(
        "Copy the keys of an object, or of each object of a list, first; a key that is written beside it "
        "decides alone, also when it yields nothing."
    ),
    emit=emit,
    open=True,
    examples=(
        Example("{$spread: =body, model: m}", {"a": 1, "model": "m"}, {"body": {"a": 1, "model": "x"}}),
        Example(
            "{$spread: [=body.x, =body.y], b: 3}", {"a": 1, "b": 3}, {"body": {"x": {"a": 1}, "y": {"b": 2}}}
        ),
        Example(
            "{$spread: =body, a: {$when: =body.b, $value: 1}}",
            {"b": 0.0, "a": 1},
            {"body": {"a": 2, "b": 0.0}},
        ),
        Example("{$spread: =body, a: {$when: =body.b, $value: 1}}", {}, {"body": {"a": 2}}),
    ),
)
