"""upper: upper case."""

from __future__ import annotations

from engine.expression.function import Example, Function

SPEC = Function(
    "upper(text: string) -> string",
    "The text in upper case.",
    str.upper,
    (Example("upper('aBC')", "ABC"), Example("upper(`null`)", None)),
)
