"""split: a text to its parts."""

from __future__ import annotations

from engine.expression.function import Example, Function


def _split(text: str, separator: str) -> list[str]:
    return text.split(separator) if separator else list(text)


SPEC = Function(
    "split(text: string, separator: string) -> array",
    "The parts of a text between separators; its characters when the separator is empty.",
    _split,
    (
        Example("split('image/png', '/')[1]", "png"),
        Example("split('ab', '')", ["a", "b"]),
        Example("split('', ',')", [""]),
        Example("split(`null`, '/')", None),
    ),
)
