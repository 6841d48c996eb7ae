"""values: the values of an object."""

from __future__ import annotations

from typing import Any

from engine.expression.function import Example, Function


def _values(value: dict[str, Any]) -> list[Any]:
    return list(value.values())


SPEC = Function(
    "values(object: object) -> array",
    "The values of an object, in its order.",
    _values,
    (Example('values(`{"a": 1, "b": 2}`)', [1, 2]), Example("values(`null`)", None)),
)
