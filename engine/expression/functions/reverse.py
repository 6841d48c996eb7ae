"""reverse: the other way round."""

from __future__ import annotations

from typing import Any

from engine.expression.function import Example, Function


def _reverse(value: Any) -> Any:
    return value[::-1]


SPEC = Function(
    "reverse(value: array | string) -> any",
    "An array or a text the other way round.",
    _reverse,
    (
        Example("reverse(`[1, 2]`)", [2, 1]),
        Example("reverse('abc')", "cba"),
        Example("reverse(`null`)", None),
    ),
)
