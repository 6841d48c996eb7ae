"""to_number: text to number."""

from __future__ import annotations

import re
from typing import Any

from engine.expression.function import Example, Function
from engine.expression.json_text import loads

_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?", re.ASCII)


def _to_number(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return loads(value) if _NUMBER.fullmatch(value) else None
        except ValueError:  # out of range
            return None
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


SPEC = Function(
    "to_number(value: any) -> number",
    "A number as it is, a text that is a JSON number as that number; anything else gives null.",
    _to_number,
    (
        Example("to_number('4096')", 4096),
        Example("to_number('1.5e3')", 1500.0),
        Example("to_number('12px')", None),
        Example("to_number(`true`)", None),
        Example("to_number(`null`)", None),
    ),
)
