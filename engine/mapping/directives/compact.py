"""`$compact`: nothing when the template is empty."""

from __future__ import annotations

import ast

from engine.mapping.block import Block, Sink
from engine.mapping.directive import Directive, Form
from engine.mapping.sinks import Filled
from engine.registry import Example


def emit(block: Block, form: Form, sink: Sink) -> list[ast.stmt]:
    return block.write(form.own["$compact"], Filled(sink))


SPEC = Directive(
    name="$compact",
    summary="The template, or nothing when it is '', [] or {}. Zero and false are not empty.",
    emit=emit,
    examples=(
        Example("{k: {$compact: {a: =body.a}}}", {}, {"body": {}}),
        Example("{k: {$compact: {a: =body.a}}}", {"k": {"a": 0}}, {"body": {"a": 0}}),
        Example("{k: {$compact: =body.text}}", {}, {"body": {"text": ""}}),
        Example("[a, {$compact: =body.list}]", ["a", 1, 2], {"body": {"list": [1, 2]}}),
    ),
)
