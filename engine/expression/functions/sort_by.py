"""sort_by: in the order of a key."""

from __future__ import annotations

from typing import Any

from engine.expression.function import Example, Function, elements


def _sort_by(values: list[Any], keys: list[Any]) -> list[Any]:
    elements("sort_by", keys, "number", "string")
    return [values[index] for index in sorted(range(len(values)), key=keys.__getitem__)]


SPEC = Function(
    "sort_by(elements: array, key: expref) -> array",
    "The elements in ascending order of a key, a number or a string; equal ones keep their order.",
    _sort_by,
    (
        Example('sort_by(`[{"n": 2}, {"n": 1}]`, &n)', [{"n": 1}, {"n": 2}]),
        Example("sort_by(`[]`, &n)", []),
        Example("sort_by(`null`, &n)", None),
    ),
)
