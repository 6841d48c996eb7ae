"""avg: the average."""

from __future__ import annotations

from typing import Any

from engine.expression.function import Example, Function, elements


def _average(values: list[Any]) -> float | None:
    elements("avg", values, "number")
    return sum(values) / len(values) if values else None


SPEC = Function(
    "avg(values: array) -> number",
    "The average of an array of numbers; null when it is empty.",
    _average,
    (Example("avg(`[1, 2, 6]`)", 3.0), Example("avg(`[]`)", None), Example("avg(`null`)", None)),
)
