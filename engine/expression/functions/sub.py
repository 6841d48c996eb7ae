"""sub: the difference of two numbers."""

from __future__ import annotations

import operator
from typing import Any

from engine.expression.function import Example, Function, finite


def _sub(left: Any, right: Any) -> Any:
    return finite("sub", operator.sub, left, right)


SPEC = Function(
    "sub(left: number, right: number) -> number",
    "The difference of two numbers.",
    _sub,
    (Example("sub(`5`, `3`)", 2), Example("sub(`1`, `null`)", None), Example("sub(`null`, `1`)", None)),
)
