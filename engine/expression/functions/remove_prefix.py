"""remove_prefix: what a text has beyond another."""

from __future__ import annotations

from engine.expression.function import Example, Function


def _remove_prefix(text: str, prefix: str | None) -> str:
    return text.removeprefix(prefix or "")


SPEC = Function(
    "remove_prefix(text: string, prefix: string | null) -> string",
    "The text without the beginning `prefix`, where it has one: what is new, for a platform whose every "
    "event repeats the text so far.",
    _remove_prefix,
    (
        Example("remove_prefix('aab', 'a')", "ab"),
        Example(
            "remove_prefix(data.text, state.text)",
            "lo",
            {"data": {"text": "Hello"}, "state": {"text": "Hel"}},
        ),
        Example("remove_prefix('Hel', `null`)", "Hel"),
        Example("remove_prefix('abc', 'b')", "abc"),
        Example("remove_prefix(`null`, 'a')", None),
    ),
)
