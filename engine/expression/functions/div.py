"""div: one number divided by another."""

from __future__ import annotations

import operator
from typing import Any

from engine.expression.function import Example, Function, finite


def _div(number: Any, by: Any) -> Any:
    return None if number is None or not by else finite("div", operator.truediv, number, by)


SPEC = Function(
    "div(number: number | null, by: number | null) -> number",
    "The first number divided by the second; null when one is null or the second is 0.",
    _div,
    (
        Example("div(`7`, `2`)", 3.5),
        Example("floor(div(`7`, `2`))", 3),
        Example("floor(div(`86400`, `86400`))", 1),
        Example("div(`1`, `0`)", None),
        Example("div(`null`, `2`)", None),
    ),
)
