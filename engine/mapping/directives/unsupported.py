"""`$unsupported`: report a parameter that is not carried as the client meant it."""

from __future__ import annotations

import ast

from engine.expression.code import call, name
from engine.mapping.block import Block, Sink
from engine.mapping.directive import Directive, Form
from engine.mapping.spot import text_of
from engine.mapping.statements import constant, run
from engine.registry import Example


def emit(block: Block, form: Form, sink: Sink) -> list[ast.stmt]:
    spot = form.own["$unsupported"]
    parameter = text_of(spot.node)
    if not block.view.reports:
        at = form.own_at["$unsupported"]
        block.error(at, "misplaced-directive", "$unsupported may stand in requests only", spot.path)
        return []
    if not parameter or parameter.startswith("="):
        block.error(spot.at, "bad-arguments", "$unsupported takes the name of a parameter", spot.path)
        return []
    lost = name(block.names.attribute("lost"))
    return [run(call(ast.Attribute(lost, "append", ast.Load()), constant(parameter)))]


SPEC = Directive(
    name="$unsupported",
    summary="Report a parameter of the client that is carried in part, or another way. Yields nothing.",
    emit=emit,
    position="request",
    examples=(
        Example("[a, {$unsupported: seed}]", ["a"]),
        Example("{a: {$when: =body.seed, $unsupported: seed}}", {}, {"body": {"seed": 1}}),
    ),
)
