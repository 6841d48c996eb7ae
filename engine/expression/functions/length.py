"""length: how long a text, array or object is."""

from __future__ import annotations

from engine.expression.function import Example, Function

SPEC = Function(
    "length(value: string | array | object) -> number",
    "The number of characters, elements or keys.",
    len,
    (Example("length('abc')", 3), Example("length(`[1, 2]`)", 2), Example("length(`null`)", None)),
)
