"""lower: lower case."""

from __future__ import annotations

from engine.expression.function import Example, Function

SPEC = Function(
    "lower(text: string) -> string",
    "The text in lower case.",
    str.lower,
    (Example("lower('aBC')", "abc"), Example("lower(`null`)", None)),
)
