"""`$compact`: nothing when the template is empty."""

from __future__ import annotations

import ast

from engine.expression.code import class_of, compare, either, name
from engine.mapping.block import Block, Sink
from engine.mapping.directive import Directive, Form
from engine.mapping.runtime import EMPTIABLE
from engine.mapping.sinks import Into
from engine.mapping.statements import assign, constant, when
from engine.registry import Example


def emit(block: Block, form: Form, sink: Sink) -> list[ast.stmt]:
    local = block.fresh("whole")
    written = block.write(form.own["$compact"], Into(local))
    taken = sink.yielded(block, name(local))
    other = compare(class_of(name(local)), ast.NotIn(), block.module.constant(EMPTIABLE))
    return [assign(local, constant("")), *written, when(either(name(local), other), taken)]


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
