"""omit: an object without some keys."""

from __future__ import annotations

from typing import Any

from engine.expression.function import Example, Function


def _omit(value: dict[str, Any], *keys: Any) -> dict[str, Any]:
    left = value.copy()
    for key in keys:
        for name in key if isinstance(key, list) else (key,):
            left.pop(name, None)
    return left


SPEC = Function(
    "omit(object: object, ...keys: string | array) -> object",
    "The object without the keys that are named, one by one or in arrays.",
    _omit,
    (
        Example('omit(`{"a": 1, "b": 2}`, \'a\')', {"b": 2}),
        Example('omit(`{"a": 1, "b": 2}`, `["a", "b"]`)', {}),
        Example("omit(`null`, 'a')", None),
    ),
)
