"""What a request must look like: a JSON Schema, compiled, that tells of every field that is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.actions.errors import Wrong
from engine.surfaces.json_schema import compile_check
from engine.surfaces.openai_chat.checks import Check
from engine.surfaces.openai_chat.refusals import Wrong as WrongValue

MOST_TOLD = 20


class RequestCheck:
    """Raises `json_schema.SchemaError` for a schema that cannot be compiled."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._whole = compile_check(schema)
        self._fields = _fields(schema)

    def wrong(self, body: Any) -> list[Wrong]:
        """The fields that are wrong, in written order; none for a good body."""
        found = _wrong(self._whole, body)
        if not found:
            return []
        each = [wrong for check in self._fields for wrong in _wrong(check, body)]
        return each[:MOST_TOLD] or found


def _fields(schema: Mapping[str, Any]) -> list[Check]:
    """A check for each field of an object: one that is wrong hides no other."""
    required = schema.get("required", ())
    properties: Mapping[str, Any] = schema.get("properties", {})
    return [
        compile_check(
            {
                "type": "object",
                "properties": {name: properties.get(name, {})},
                "required": [name] if name in required else [],
            }
        )
        for name in {**properties, **dict.fromkeys(required)}
    ]


def _wrong(check: Check, value: Any) -> list[Wrong]:
    try:
        check(value)
    except WrongValue as wrong:
        param = wrong.path.removeprefix(".")
        return [Wrong(param, wrong.code, wrong.tell(param))]
    return []
