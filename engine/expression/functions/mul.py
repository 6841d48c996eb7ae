"""mul: the product of two numbers."""

from __future__ import annotations

import operator
from typing import Any

from engine.expression.function import Example, Function, finite


def _mul(left: Any, right: Any) -> Any:
    return finite("mul", operator.mul, left, right)


SPEC = Function(
    "mul(left: number, right: number) -> number",
    "The product of two numbers.",
    _mul,
    (Example("mul(`4`, `3`)", 12), Example("mul(`2`, `0.5`)", 1.0), Example("mul(`null`, `3`)", None)),
)
