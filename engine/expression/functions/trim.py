"""trim: a text without the white space around it."""

from __future__ import annotations

from engine.expression.function import Example, Function

SPEC = Function(
    "trim(text: string) -> string",
    "The text without spaces and line breaks at its beginning and end.",
    str.strip,
    (Example("trim('  a b \n')", "a b"), Example("trim(`null`)", None)),
)
