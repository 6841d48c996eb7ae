from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from engine.spec.placeholders import with_placeholders

TABLE = {
    "type": "object",
    "propertyNames": {"pattern": "^a$"},
    "properties": {
        "url": {"type": "string", "pattern": "^https://"},
        "word": {"type": "string", "enum": ["on", "off"]},
        "count": {"type": "integer", "minimum": 1},
        "flag": {"type": "boolean"},
        "version": {"type": "integer", "enum": [1]},
        "list": {"type": "array", "items": {"type": "number"}},
    },
}


def faults(data: dict[str, Any]) -> int:
    schema = with_placeholders(TABLE)
    return len(list(Draft202012Validator({**schema, "propertyNames": True}).iter_errors(data)))


@pytest.mark.parametrize("key", ["url", "word", "count", "flag"])
def test_a_placeholder_may_stand_for_a_value(key: str) -> None:
    assert faults({key: "${env:X:-y}"}) == 0
    assert faults({key: "${file:x}"}) == 0
    assert faults({key: "nonsense"}) == 1


def test_values_are_checked_as_before() -> None:
    assert faults({"url": "https://a", "word": "on", "count": 1, "flag": True, "list": [1, "${env:X}"]}) == 0
    assert [faults({"count": 0}), faults({"flag": 1}), faults({"word": 5}), faults({"list": ["x"]})] == [
        1,
        1,
        1,
        1,
    ]


def test_the_version_and_names_are_no_values() -> None:
    assert faults({"version": "${env:X}"}) > 0
    assert with_placeholders(TABLE)["propertyNames"] == {"pattern": "^a$"}
