"""to_array: an array of one."""

from __future__ import annotations

from typing import Any

from engine.expression.function import Example, Function


def _to_array(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


SPEC = Function(
    "to_array(value: any) -> array",
    "An array as it is, anything else as an array of one, null too (see `to_list`).",
    _to_array,
    (Example("to_array('a')", ["a"]), Example("to_array(`[1]`)", [1]), Example("to_array(`null`)", [None])),
)
