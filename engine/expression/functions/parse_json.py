"""parse_json: JSON text to its value."""

from __future__ import annotations

from typing import Any

from engine.expression.function import Example, Function
from engine.expression.json_text import loads


def _parse_json(text: str) -> Any:
    try:
        return loads(text)
    except ValueError:
        return None


SPEC = Function(
    "parse_json(text: string) -> any",
    "The value of a JSON text; null when it is not valid JSON.",
    _parse_json,
    (
        Example("parse_json('{\"a\": [1]}')", {"a": [1]}),
        Example("parse_json('{oops')", None),
        Example("parse_json('NaN')", None),
        Example("parse_json(`null`)", None),
    ),
)
