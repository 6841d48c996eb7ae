"""first: the first element."""

from __future__ import annotations

from typing import Any

from engine.expression.function import Example, Function


def _first(values: list[Any]) -> Any:
    return values[0] if values else None


SPEC = Function(
    "first(values: array) -> any",
    "The first element of an array; null when it is empty. (`a[*].b[0]` takes the first of each element.)",
    _first,
    (
        Example("first(parts[?a].a)", 2, {"parts": [{"b": 1}, {"a": 2}]}),
        Example("first(`[]`)", None),
        Example("first(`null`)", None),
    ),
)
