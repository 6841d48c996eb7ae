"""clamp: keep a number within bounds."""

from __future__ import annotations

from typing import Any

from engine.expression.function import Example, Function


def _clamp(value: Any, low: Any, high: Any) -> Any:
    if low is not None and value < low:
        return low
    return high if high is not None and value > high else value


SPEC = Function(
    "clamp(value: number, low: number | null, high: number | null) -> number",
    "The number, or the bound that it is beyond; a null is no bound.",
    _clamp,
    (
        Example("clamp(`1.7`, `0`, `1`)", 1),
        Example("clamp(`0.5`, `0`, `1`)", 0.5),
        Example("clamp(`-1`, `0`, `null`)", 0),
        Example("clamp(`null`, `0`, `1`)", None),
    ),
)
