"""floor: round down."""

from __future__ import annotations

import math

from engine.expression.function import Example, Function

SPEC = Function(
    "floor(value: number) -> number",
    "The largest integer that is not above the number.",
    math.floor,
    (Example("floor(`1.8`)", 1), Example("floor(`-1.2`)", -2), Example("floor(`null`)", None)),
)
