"""sort: in order."""

from __future__ import annotations

from typing import Any

from engine.expression.function import Example, Function, elements


def _sort(values: list[Any]) -> list[Any]:
    elements("sort", values, "number", "string")
    return sorted(values)


SPEC = Function(
    "sort(values: array) -> array",
    "An array of numbers or of strings in ascending order.",
    _sort,
    (
        Example("sort(`[3, 1, 2]`)", [1, 2, 3]),
        Example('sort(`["b", "a"]`)', ["a", "b"]),
        Example("sort(`null`)", None),
    ),
)
