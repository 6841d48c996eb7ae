"""max_by: the element whose key is largest."""

from __future__ import annotations

from typing import Any

from engine.expression.function import Example, Function, elements


def _max_by(values: list[Any], keys: list[Any]) -> Any:
    elements("max_by", keys, "number", "string")
    return values[keys.index(max(keys))] if values else None


SPEC = Function(
    "max_by(elements: array, key: expref) -> any",
    "The first element whose key, a number or a string, is the largest; null when there is none.",
    _max_by,
    (
        Example('max_by(`[{"n": 1}, {"n": 2}]`, &n)', {"n": 2}),
        Example("max_by(`[]`, &n)", None),
        Example("max_by(`null`, &n)", None),
    ),
)
