"""to_string: any value as text."""

from __future__ import annotations

from typing import Any

from engine.expression.function import Example, Function
from engine.expression.json_text import dumps


def _to_string(value: Any) -> str:
    return value if isinstance(value, str) else dumps(value)


SPEC = Function(
    "to_string(value: any) -> string",
    "A text as it is, anything else as JSON (see `to_json`).",
    _to_string,
    (
        Example("to_string('a')", "a"),
        Example("to_string(`4015`)", "4015"),
        Example('to_string(`{"a": [1]}`)', '{"a":[1]}'),
        Example("to_string(`null`)", "null"),
    ),
)
