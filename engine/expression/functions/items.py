"""items: an object as pairs."""

from __future__ import annotations

from typing import Any

from engine.expression.function import Example, Function


def _items(value: dict[str, Any]) -> list[list[Any]]:
    return [[key, item] for key, item in value.items()]


SPEC = Function(
    "items(object: object) -> array",
    "The pairs [key, value] of an object, in its order.",
    _items,
    (Example('items(`{"a": 1}`)', [["a", 1]]), Example("items(`null`)", None)),
)
