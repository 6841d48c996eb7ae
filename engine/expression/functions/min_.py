"""min: the smallest element."""

from __future__ import annotations

from typing import Any

from engine.expression.function import Example, Function, elements


def _min(values: list[Any]) -> Any:
    elements("min", values, "number", "string")
    return min(values, default=None)


SPEC = Function(
    "min(values: array) -> any",
    "The smallest of an array of numbers or of strings; null when it is empty.",
    _min,
    (
        Example("min(`[1, 3, 2]`)", 1),
        Example('min(`["a", "b"]`)', "a"),
        Example("min(`[]`)", None),
        Example("min(`null`)", None),
    ),
)
