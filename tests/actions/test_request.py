from __future__ import annotations

import pytest

from engine.actions.request import RequestCheck
from engine.surfaces.json_schema import SchemaError

SCHEMA = {
    "type": "object",
    "required": ["command", "error"],
    "properties": {
        "command": {"type": "array", "items": {"type": "string"}},
        "error": {"type": "string", "maxLength": 5},
        "n": {"type": "integer"},
    },
}


def test_every_wrong_field_is_told() -> None:
    wrong = RequestCheck(SCHEMA).wrong({"command": ["a", 1], "n": "x"})
    assert [(each.param, each.code) for each in wrong] == [
        ("command[1]", "invalid_type"),
        ("error", "missing_required_parameter"),
        ("n", "invalid_type"),
    ]


def test_a_good_body_has_none() -> None:
    assert RequestCheck(SCHEMA).wrong({"command": [], "error": "e"}) == []


def test_what_is_wrong_with_the_whole_is_told() -> None:
    closed = RequestCheck({"type": "object", "properties": {"a": {}}, "additionalProperties": False})
    assert [each.param for each in closed.wrong({"b": 1})] == ["b"]


def test_a_schema_that_cannot_be_compiled_is_refused() -> None:
    with pytest.raises(SchemaError, match="allOf"):
        RequestCheck({"allOf": []})
