"""JSON Schemas as checks of bodies."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import RequestRefused
from engine.surfaces.json_schema import SchemaError, check_body, compile_check

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["model", "messages"],
    "properties": {
        "model": {"type": "string", "minLength": 1},
        "n": {"type": "integer", "minimum": 1, "maximum": 3},
        "t": {"type": "number", "maximum": 1},
        "role": {"enum": ["user", "assistant"]},
        "flag": {"type": "boolean"},
        "fixed": {"const": 1},
        "either": {"type": ["string", "array"]},
        "messages": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "properties": {
                    "content": {
                        "anyOf": [
                            {"type": "string"},
                            {"type": "array", "items": {"type": "object", "required": ["type"]}},
                        ]
                    }
                },
            },
        },
    },
}
CHECK = compile_check(SCHEMA)
GOOD = {"model": "m", "messages": [{}]}


@pytest.mark.parametrize(
    "more",
    [
        {}, {"n": 2, "t": 0.5, "role": "user", "flag": True, "fixed": 1}, {"n": None}, {"unknown": 1},
        {"either": "a"}, {"either": []}, {"messages": [{"content": "a"}, {"content": [{"type": "x"}]}]},
    ],
)  # fmt: skip
def test_good_bodies(more: dict[str, Any]) -> None:
    check_body(CHECK, {**GOOD, **more})


@pytest.mark.parametrize(
    ("more", "param", "code"),
    [
        ({"model": None}, "model", "missing_required_parameter"),
        ({"model": ""}, "model", "empty_string"),
        ({"model": 3}, "model", "invalid_type"),
        ({"n": True}, "n", "invalid_type"),
        ({"n": 1.5}, "n", "invalid_type"),
        ({"n": 0}, "n", "integer_below_min_value"),
        ({"n": 4}, "n", "integer_above_max_value"),
        ({"t": 1.5}, "t", "decimal_above_max_value"),
        ({"role": "system"}, "role", "invalid_value"),
        ({"fixed": 2}, "fixed", "invalid_value"),
        ({"either": 1}, "either", "invalid_type"),
        ({"messages": []}, "messages", "empty_array"),
        ({"messages": [1]}, "messages[0]", "invalid_type"),
        ({"messages": [{}, {"content": 1}]}, "messages[1].content", "invalid_type"),
        ({"messages": [{"content": [{}]}]}, "messages[0].content[0].type", "missing_required_parameter"),
    ],
)
def test_bad_bodies(more: dict[str, Any], param: str, code: str) -> None:
    with pytest.raises(RequestRefused) as caught:
        check_body(CHECK, {**GOOD, **more})
    assert (caught.value.info.param, caught.value.info.code) == (param, code)
    assert param in caught.value.info.message or code == "invalid_value"


@pytest.mark.parametrize(
    "schema", [{"typ": "object"}, {"type": "strin"}, {"properties": {"a": {"pattern": "("}}}]
)
def test_what_is_no_schema(schema: dict[str, Any]) -> None:
    with pytest.raises(SchemaError):
        compile_check(schema)


def test_alternatives_of_one_type() -> None:
    check = compile_check({"properties": {"a": {"anyOf": [{"const": 1}, {"enum": [2, 3]}]}}})
    check_body(check, {"a": 3})
    with pytest.raises(RequestRefused):
        check_body(check, {"a": 4})


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ({"type": "string", "maxLength": 2}, "ab", "abc"),
        ({"type": "array", "maxItems": 1}, [1], [1, 2]),
        ({"type": "string", "pattern": "^a+$"}, "aa", "ab"),
        ({"type": "object", "properties": {"a": {}}, "additionalProperties": False}, {"a": 1}, {"b": 1}),
    ],
)
def test_bounds_patterns_and_closed_objects(schema: dict[str, Any], good: Any, bad: Any) -> None:
    check = compile_check(schema)
    check_body(check, good)
    with pytest.raises(RequestRefused):
        check_body(check, bad)
