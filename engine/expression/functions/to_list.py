"""to_list: an array of one, or of none."""

from __future__ import annotations

from typing import Any

from engine.expression.function import Example, Function


def _to_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


SPEC = Function(
    "to_list(value: string | number | boolean | array | object) -> array",
    "An array as it is, anything else as an array of one; null stays null (see `to_array`).",
    _to_list,
    (Example("to_list('a')", ["a"]), Example("to_list(`[1]`)", [1]), Example("to_list(`null`)", None)),
)
