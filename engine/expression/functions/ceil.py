"""ceil: round up."""

from __future__ import annotations

import math

from engine.expression.function import Example, Function

SPEC = Function(
    "ceil(value: number) -> number",
    "The smallest integer that is not below the number.",
    math.ceil,
    (Example("ceil(`1.2`)", 2), Example("ceil(`-1.2`)", -1), Example("ceil(`null`)", None)),
)
