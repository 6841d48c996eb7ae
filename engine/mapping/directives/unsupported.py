"""`$unsupported`: report parameters that are not carried as the client meant them."""

from __future__ import annotations

import ast

from engine.expression.code import call, name
from engine.mapping.block import Block, Sink
from engine.mapping.directive import Directive, Form
from engine.mapping.runtime import asked_for
from engine.mapping.sinks import value_of
from engine.mapping.spot import is_expression, text_of
from engine.mapping.statements import run
from engine.registry import Example


def emit(block: Block, form: Form, sink: Sink) -> list[ast.stmt]:
    spot = form.own["$unsupported"]
    if not block.view.reports:
        at = form.own_at["$unsupported"]
        block.error(at, "misplaced-directive", "$unsupported may stand in requests only", spot.path)
        return []
    if not text_of(spot.node):
        message = "$unsupported takes the name of a parameter, or an expression for a list of names"
        block.error(spot.at, "bad-arguments", message, spot.path)
        return []
    lost = name(block.names.attribute("lost"))
    if not is_expression(spot.node):
        first, value = value_of(block, spot)
        return [*first, run(call(ast.Attribute(lost, "append", ast.Load()), value))]
    first, names = value_of(block, spot)
    sent = block.use(asked_for, name(block.names.attribute("chat")), names)
    extended = run(call(ast.Attribute(lost, "extend", ast.Load()), sent))
    return [*first, block.module.place(extended, spot.at)]


SPEC = Directive(
    name="$unsupported",
    summary=(
        "Report a parameter of the client that is carried in part, or another way; or, of a list of names, "
        "those that the client sent. Yields nothing."
    ),
    emit=emit,
    position="request",
    examples=(
        Example("[a, {$unsupported: seed}]", ["a"]),
        Example("{a: {$when: =body.seed, $unsupported: seed}}", {}, {"body": {"seed": 1}}),
        Example("[a, {$unsupported: =body.names}]", ["a"], {"body": {"names": ["seed", "n"]}}),
    ),
)
