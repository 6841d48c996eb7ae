"""map: an expression for each element."""

from __future__ import annotations

from typing import Any

from engine.expression.function import Example, Function


def _map(values: list[Any], _: list[Any]) -> list[Any]:
    return values


SPEC = Function(
    "map(body: expref, elements: array) -> array",
    "The value of an expression for each element; unlike a projection, it keeps nulls.",
    _map,
    (
        Example('map(&a, `[{"a": 1}, {"b": 2}]`)', [1, None]),
        Example('map(&upper(@), `["a"]`)', ["A"]),
        Example("map(&a, `null`)", None),
    ),
)
