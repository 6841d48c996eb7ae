"""to_json: a value as JSON text."""

from __future__ import annotations

from engine.expression.function import Example, Function
from engine.expression.json_text import dumps

SPEC = Function(
    "to_json(value: string | number | boolean | array | object) -> string",
    "The value as compact JSON, not ASCII-escaped; null stays null.",
    dumps,
    (
        Example('to_json(`{"a": [1, null]}`)', '{"a":[1,null]}'),
        Example("to_json('é')", '"é"'),
        Example("to_json(`null`)", None),
    ),
)
