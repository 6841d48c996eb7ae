"""add: the sum of its arguments."""

from __future__ import annotations

from typing import Any

from engine.expression.function import Example, Function, finite


def _add(*numbers: Any) -> Any:
    total = None
    for number in numbers:
        if number is None:
            continue
        if type(number) is not int:
            return finite("add", sum, [number for number in numbers if number is not None])
        total = number if total is None else total + number
    return total


SPEC = Function(
    "add(...numbers: number | null) -> number",
    "The sum of the arguments that are there; null when none is.",
    _add,
    (
        Example("add(`1`, `2`, `3`)", 6),
        Example("add(`5`, `null`)", 5),
        Example("add(`null`, `5`)", 5),
        Example("add(`null`, `null`)", None),
    ),
)
