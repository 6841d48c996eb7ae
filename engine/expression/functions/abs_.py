"""abs: the absolute value."""

from __future__ import annotations

from engine.expression.function import Example, Function

SPEC = Function(
    "abs(value: number) -> number",
    "The absolute value.",
    abs,
    (Example("abs(`-3`)", 3), Example("abs(`1.5`)", 1.5), Example("abs(`null`)", None)),
)
