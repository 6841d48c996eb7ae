"""`$when`: the node exists only if a condition holds."""

from __future__ import annotations

import ast

from engine.mapping.block import Block, Sink
from engine.mapping.directive import Directive, Form
from engine.mapping.spot import Spot
from engine.mapping.statements import when
from engine.registry import Example
from engine.tree import Mapping


def emit(block: Block, form: Form, sink: Sink) -> list[ast.stmt]:
    condition = block.condition(form.own["$when"])
    rest = Mapping({entry.key: entry for entry in form.rest}, form.spot.at)
    guarded = block.write(Spot(rest, form.spot.path), sink)
    return guarded if condition.known else [when(condition.test, guarded)]


SPEC = Directive(
    name="$when",
    summary="The node exists only if the condition is true. It stands beside ordinary keys or a directive.",
    emit=emit,
    open=True,
    examples=(
        Example(
            "{thinking: {$when: =body.budget, type: enabled}}",
            {"thinking": {"type": "enabled"}},
            {"body": {"budget": 1}},
        ),
        Example("{thinking: {$when: =body.budget, type: enabled}, n: 1}", {"n": 1}, {"body": {}}),
        Example("[{$when: =body.a, $value: yes-a}, b]", ["b"], {"body": {"a": False}}),
    ),
)
