"""min_by: the element whose key is smallest."""

from __future__ import annotations

from typing import Any

from engine.expression.function import Example, Function, elements


def _min_by(values: list[Any], keys: list[Any]) -> Any:
    elements("min_by", keys, "number", "string")
    return values[keys.index(min(keys))] if values else None


SPEC = Function(
    "min_by(elements: array, key: expref) -> any",
    "The first element whose key, a number or a string, is the smallest; null when there is none.",
    _min_by,
    (
        Example('min_by(`[{"n": 1}, {"n": 2}]`, &n)', {"n": 1}),
        Example("min_by(`[]`, &n)", None),
        Example("min_by(`null`, &n)", None),
    ),
)
