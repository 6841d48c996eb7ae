from __future__ import annotations

from typing import Any

import pytest

from engine.expression import schema
from engine.expression.schema import Options, SchemaTooLarge, clean

INLINE = Options(inline_refs=True)


def test_keywords_are_dropped_and_names_are_not() -> None:
    options = Options(drop=frozenset(("title", "default", "additionalProperties")))
    given = {
        "title": "T",
        "type": "object",
        "properties": {
            "title": {"title": "x", "type": "string"},
            "default": {"type": "integer", "default": 1},
        },
        "required": ["title"],
        "additionalProperties": False,
        "anyOf": [{"title": "y"}, {"not": {"title": "z", "type": "null"}}],
        "items": [{"title": "w"}, True],
        "enum": [{"title": "data"}],
    }
    before = repr(given)
    assert clean(given, options) == {
        "type": "object",
        "properties": {"title": {"type": "string"}, "default": {"type": "integer"}},
        "required": ["title"],
        "anyOf": [{}, {"not": {"type": "null"}}],
        "items": [{}, True],
        "enum": [{"title": "data"}],
    }
    assert repr(given) == before


def test_references_are_written_out_and_own_keywords_win() -> None:
    given = {
        "$defs": {"a/b": {"type": "string", "description": "old"}, "c": {"$ref": "#/$defs/a~1b"}},
        "properties": {"x": {"$ref": "#/$defs/c", "description": "new"}, "y": {"$ref": "#/anyOf/1"}},
        "anyOf": [{}, {"type": "integer"}],
    }
    assert clean(given, INLINE) == {
        "properties": {"x": {"type": "string", "description": "new"}, "y": {"type": "integer"}},
        "anyOf": [{}, {"type": "integer"}],
    }


def test_a_circle_ends_in_its_type() -> None:
    tree = {
        "type": "object",
        "properties": {"children": {"type": "array", "items": {"$ref": "#/$defs/tree"}}},
    }
    assert clean({"$ref": "#/$defs/tree", "$defs": {"tree": tree}}, INLINE) == {
        "type": "object",
        "properties": {"children": {"type": "array", "items": {"type": "object"}}},
    }
    assert clean({"$defs": {"a": {"$ref": "#/$defs/a"}}, "items": {"$ref": "#/$defs/a"}}, INLINE) == {
        "items": {"type": "object"}
    }
    root = clean({"properties": {"self": {"$ref": "#"}}}, INLINE)
    assert root == {"properties": {"self": {"properties": {"self": {"type": "object"}}}}}


@pytest.mark.parametrize("reference", ["https://example.com/s", "#/nowhere", "other.json#/a"])
def test_a_reference_that_leads_out_stays(reference: str) -> None:
    assert clean({"items": {"$ref": reference}}, INLINE) == {"items": {"$ref": reference}}


def test_a_definition_may_be_named_like_a_keyword() -> None:
    given = {"properties": {"$defs": {"type": "string"}, "definitions": {"type": "number"}}}
    assert clean(given, INLINE) == given


def test_references_cannot_blow_up() -> None:
    defs: dict[str, Any] = {f"d{n}": {"anyOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(40)}
    with pytest.raises(SchemaTooLarge):
        clean({"$ref": "#/$defs/d0", "$defs": {**defs, "d40": {}}}, INLINE)


def test_nesting_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "MAX_DEPTH", 5)
    given: dict[str, Any] = {}
    for _ in range(6):
        given = {"items": given}
    with pytest.raises(SchemaTooLarge):
        clean(given, Options())


@pytest.mark.parametrize(
    ("given", "result"),
    [
        ({"type": ["string", "null"]}, {"type": "string", "nullable": True}),
        ({"type": ["string"]}, {"type": "string"}),
        ({"type": ["null"]}, {"type": "null"}),
        (
            {"type": ["string", "integer", "null"]},
            {"anyOf": [{"type": "string"}, {"type": "integer"}], "nullable": True},
        ),
        ({"enum": ["a", None]}, {"enum": ["a"], "nullable": True}),
        ({"enum": [None]}, {"enum": [None]}),
        ({"anyOf": [{"type": "string", "title": "t"}, {"type": "null"}], "title": "u"},
         {"type": "string", "title": "u", "nullable": True}),
        ({"oneOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]},
         {"oneOf": [{"type": "string"}, {"type": "integer"}], "nullable": True}),
        ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, {"anyOf": [{"type": "string"}, {"type": "integer"}]}),
        ({"properties": {"type": {"type": ["integer", "null"]}}},
         {"properties": {"type": {"type": "integer", "nullable": True}}}),
    ],
)  # fmt: skip
def test_or_null_becomes_nullable(given: schema.Schema, result: schema.Schema) -> None:
    assert clean(given, Options(nullable=True)) == result


def test_a_constant_becomes_an_enum_of_one() -> None:
    options = Options(const_to_enum=True)
    assert clean({"const": "a", "properties": {"const": {"const": 1}}}, options) == {
        "enum": ["a"],
        "properties": {"const": {"enum": [1]}},
    }
