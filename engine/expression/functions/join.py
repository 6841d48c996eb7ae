"""join: texts to one."""

from __future__ import annotations

from engine.expression.function import Example, Function, elements


def _join(glue: str, parts: list[str]) -> str:
    try:
        return glue.join(parts)
    except TypeError:
        elements("join", parts, "string")
        raise


SPEC = Function(
    "join(glue: string, parts: array) -> string",
    "The strings of an array, with `glue` between them.",
    _join,
    (
        Example('join(\', \', `["a", "b"]`)', "a, b"),
        Example("join('', `[]`)", ""),
        Example("join(',', `null`)", None),
    ),
)
