"""not_null: the first value that is there."""

from __future__ import annotations

import ast
from typing import Any

from engine.expression.code import conditional, is_not_constant
from engine.expression.function import CallSite, Example, Function
from engine.expression.parse import Term

MOST_INLINE = 8


def _not_null(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def _emit(site: CallSite, arguments: tuple[Term, ...]) -> ast.expr | None:
    """Lazily: what stands behind the first value that is there is not evaluated."""
    if len(arguments) > MOST_INLINE:
        return None
    *options, code = [site.value(argument) for argument in arguments]
    for option in reversed(options):
        bound, local = site.bind(option)
        code = conditional(is_not_constant(bound, None), local, code)
    return code


SPEC = Function(
    "not_null(...values: any) -> any",
    "The first argument that is not null.",
    _not_null,
    (
        Example("not_null(`null`, a, b)", 1, {"a": None, "b": 1}),
        Example("not_null(`0`, `1`)", 0),
        Example("not_null(`null`)", None),
    ),
    emit=_emit,
)
