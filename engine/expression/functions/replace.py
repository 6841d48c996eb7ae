"""replace: other text for a text."""

from __future__ import annotations

from engine.expression.function import Example, Function


def _replace(text: str, old: str, new: str) -> str:
    return text.replace(old, new) if old else text


SPEC = Function(
    "replace(text: string, old: string, new: string) -> string",
    "The text with `new` for every `old`, literally; no patterns.",
    _replace,
    (
        Example("replace('a.b.c', '.', '-')", "a-b-c"),
        Example("replace('abc', '', 'x')", "abc"),
        Example("replace(`null`, 'a', 'b')", None),
    ),
)
