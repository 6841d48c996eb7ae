"""max: the largest element."""

from __future__ import annotations

from typing import Any

from engine.expression.function import Example, Function, elements


def _max(values: list[Any]) -> Any:
    elements("max", values, "number", "string")
    return max(values, default=None)


SPEC = Function(
    "max(values: array) -> any",
    "The largest of an array of numbers or of strings; null when it is empty.",
    _max,
    (
        Example("max(`[1, 3, 2]`)", 3),
        Example('max(`["a", "b"]`)', "b"),
        Example("max(`[]`)", None),
        Example("max(`null`)", None),
    ),
)
