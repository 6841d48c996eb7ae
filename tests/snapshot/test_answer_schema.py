"""Answers of endpoints, described by their templates."""

from __future__ import annotations

from typing import Any

import pytest

from engine.config.yaml import parse_node
from engine.diagnostics import Problems
from engine.snapshot.answer_schema import schema_of

ABOUT = {"text": "The text of the answer."}
TEXT = {"description": "The text of the answer."}


def described(text: str) -> Any:
    node = parse_node("t", text.encode(), Problems())
    assert node is not None
    return schema_of(node, ABOUT)


@pytest.mark.parametrize(
    ("template", "schema"),
    [
        ("=result.text", TEXT),
        ("=result.other", {}),
        ("=completion", {"type": "object", "description": "A chat completion."}),
        ("ok", {"type": "string", "const": "ok"}),
        ("3", {"type": "integer", "const": 3}),
        ("a ${path.id}", {"type": "string"}),
        (
            "{status: ok, text: =result.text, deep: {n: null}}",
            {
                "type": "object",
                "properties": {
                    "status": {"type": "string", "const": "ok"},
                    "text": TEXT,
                    "deep": {
                        "type": "object",
                        "properties": {"n": {"type": "null", "const": None}},
                        "required": ["n"],
                    },
                },
                "required": ["status", "deep"],
            },
        ),
        ("{$each: =result.list, $as: x, $do: {id: =x}}", {"type": "array", "items": {"type": "object", "properties": {"id": {}}}}),
        ("{$each: =result.list, $as: x, $key: =x, $do: a}", {"type": "object", "additionalProperties": {"type": "string", "const": "a"}}),
        ("{$each: =result.list, $as: x, $do: a, $then: '=it[0]'}", {}),
        ("{$nullable: =result.text}", TEXT),
        ("{$nullable: a}", {"anyOf": [{"type": "string", "const": "a"}, {"type": "null"}]}),
        ("{$let: {x: 1}, $in: {$value: a}}", {"type": "string", "const": "a"}),
        (
            "{$switch: [{when: =a, then: a}, {when: =b, then: a}, {else: 1}]}",
            {"anyOf": [{"type": "string", "const": "a"}, {"type": "integer", "const": 1}]},
        ),
        ("{$switch: [{when: =a, then: a}, {else: =b}]}", {}),
        ("{$spread: =result, a: 1}", {"type": "object", "properties": {"a": {"type": "integer", "const": 1}}, "required": ["a"]}),
        ("{$literal: {$a: 1}}", {"const": {"$a": 1}}),
        ("{$call: other}", {}),
        ("{$$ref: a}", {"type": "object", "properties": {"$ref": {"type": "string", "const": "a"}}, "required": ["$ref"]}),
        ("[a, b]", {"type": "array", "items": {"anyOf": [{"type": "string", "const": "a"}, {"type": "string", "const": "b"}]}}),
        ("[]", {"type": "array", "items": {}}),
    ],
)  # fmt: skip
def test_what_a_template_comes_to(template: str, schema: Any) -> None:
    assert described(template) == schema


def test_what_is_guarded_need_not_be_there() -> None:
    assert "required" not in described("{a: {$when: =result.x, $value: 1}, b: {$when: =result.x, c: 1}}")
