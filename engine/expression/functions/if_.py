"""if: one of two values."""

from __future__ import annotations

import ast
from typing import Any

from engine.expression.code import conditional, null
from engine.expression.function import CallSite, Example, Function
from engine.expression.parse import Term


def _if(condition: Any, then: Any, otherwise: Any = None) -> Any:
    raise AssertionError("always written out inline")


def _emit(site: CallSite, arguments: tuple[Term, ...]) -> ast.expr:
    condition, then, *otherwise = arguments
    return conditional(
        site.condition(condition), site.value(then), site.value(otherwise[0]) if otherwise else null()
    )


SPEC = Function(
    "if(condition: any, then: any, else?: any) -> any",
    "`then` when the condition is true, else `else` (null when left out); only one of them is evaluated.",
    _if,
    (
        Example("if(stream, 'sse', 'json')", "sse", {"stream": True}),
        Example("if(`null`, 'a', 'b')", "b"),
        Example("if(`0`, 'zero is true', 'b')", "zero is true"),
        Example("if(`[]`, 'a')", None),
        Example("if(`true`, 'a', upper(`1` || 'never'))", "a"),
    ),
    emit=_emit,
)
