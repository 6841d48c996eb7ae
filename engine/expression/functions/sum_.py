"""sum: all together."""

from __future__ import annotations

from typing import Any

from engine.expression.function import Example, Function, elements, finite


def _sum(values: list[Any]) -> Any:
    elements("sum", values, "number")
    return finite("sum", sum, values)


SPEC = Function(
    "sum(values: array) -> number",
    "The sum of an array of numbers; 0 when it is empty.",
    _sum,
    (Example("sum(`[1, 2, 3]`)", 6), Example("sum(`[]`)", 0), Example("sum(`null`)", None)),
)
