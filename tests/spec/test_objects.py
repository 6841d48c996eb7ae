from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.config.keywords import CheckedValidator
from engine.diagnostics import Position, Problems
from engine.spec.base import Binding, Rule, Spec, field, spec
from engine.spec.document import RouteFile
from engine.spec.objects import Object, fields_of, object_schema, summary
from engine.spec.schema import runtime_schema
from engine.spec.shapes import UNBOUND, Schema
from engine.tree import Entry, Node, Scalar, Sequence
from engine.tree import Mapping as Tree

from .reading import accepts, read

AT = Position("f")


@spec
class Inner(Spec):
    """What is inside."""

    size: int = field("A size.", minimum=1)


@spec
class Outer(Spec):
    """What is outside.

    This is not said in the schema.
    """

    LABEL = "outers"
    OPEN = "rest"
    NULLS = True
    KEEP_NODE = "node"
    RULES = (Rule(("a", "b"), required=True),)

    a: str | None = field("One.", default=None)
    b: Inner | Literal["off"] | None = field("Two.", default=None)
    from_: int = field("A key that is no name in Python.", default=3, key="from")
    table: Mapping[Literal["x", "y"], int] = field("A closed table.", default={})
    rest: Mapping[str, Node]
    node: Tree


class Inline:
    def object(self, cls: type[Any]) -> Schema:
        return object_schema(cls, self)

    def template(self) -> Schema:
        return {}


def test_fields_in_order_with_their_keys() -> None:
    assert [(item.attribute, item.key, item.required) for item in fields_of(Outer)] == [
        ("a", "a", False), ("b", "b", False), ("from_", "from", False), ("table", "table", False),
    ]  # fmt: skip
    assert fields_of(Inner)[0].required


def test_the_schema_of_an_object() -> None:
    schema = object_schema(Inner, Inline())
    assert schema["required"] == ["size"] and schema["additionalProperties"] is False
    assert schema["properties"]["size"] == {"type": "integer", "minimum": 1, "description": "A size."}
    assert summary(Outer) == "What is outside."


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("{a: x}", True), ("{b: off}", True), ("{b: {size: 2}}", True), ("{b: {size: 0}}", False), ("{b: on}", False),
        ("{a: x, b: off}", False), ("{}", False), ("{a: null, from: 5}", True), ("{a: x, from: '5'}", False),
        ("{a: x, table: {x: 1}}", True), ("{a: x, table: {z: 1}}", False), ("{a: x, other: [1]}", True),
    ],
)  # fmt: skip
def test_schema_and_reader_agree(text: str, good: bool) -> None:
    assert accepts(Outer, text) is good


def test_reading_an_object() -> None:
    found = read(Outer, "{b: {size: 2}, from: 7, more: [1], table: {y: 4, x: null}}")
    assert (found.b.size, found.from_, found.table) == (2, 7, {"y": 4})
    assert list(found.rest) == ["more"] and isinstance(found.rest["more"], Sequence)
    assert found.node.entries.keys() == {"b", "from", "more", "table"}
    assert read(Outer, "{a: x}").from_ == 3


SCHEMA = runtime_schema(RouteFile)
VALIDATOR = CheckedValidator(SCHEMA)


def documents(schema: Schema) -> st.SearchStrategy[Any]:
    """Documents that the schema may well accept."""
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "examples" in schema:
        return st.just(schema["examples"][0])
    if "allOf" in schema and all("then" in arm for arm in schema["allOf"]):
        return st.one_of([documents(arm["then"]) for arm in schema["allOf"]])
    if "if" in schema:
        return documents(schema.get("else", schema["then"]))
    if "properties" in schema:
        known = {key: documents(part) for key, part in schema["properties"].items()}
        required = {key: known.pop(key) for key in schema.get("required", ())}
        return st.fixed_dictionaries(required, optional=known)
    kind = schema.get("type", "string")
    if kind == "object":
        inside = schema.get("additionalProperties", {})
        return st.dictionaries(st.sampled_from(["a", "b"]), documents(inside or {}), max_size=2)
    if kind == "array":
        return st.lists(documents(schema["items"]), max_size=2)
    plain = {"integer": st.integers(1, 9), "number": st.floats(0, 1), "boolean": st.booleans()}
    return plain.get(kind if isinstance(kind, str) else kind[-1], st.sampled_from(["a", "b/c", "5s", "/x"]))


def tree(data: Any) -> Node:
    if isinstance(data, dict):
        return Tree({key: Entry(key, AT, tree(value)) for key, value in data.items()}, AT)
    return Sequence(tuple(map(tree, data)), AT) if isinstance(data, list) else Scalar(data, AT)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(SCHEMA["properties"])).flatmap(
    lambda key: st.tuples(st.just(key), documents(SCHEMA["properties"][key]))
))  # fmt: skip
def test_what_the_schema_accepts_the_reader_reads_whole(drawn: tuple[str, Any]) -> None:
    """For any document without a fault, nothing is left out of what is read."""
    key, value = drawn
    data = {"version": 1, key: value}
    if not VALIDATOR.is_valid(data):
        return
    bound = Object(RouteFile).bind(tree(data), (), Binding(Problems()))
    assert bound is not UNBOUND
    whole(bound, data)


def whole(bound: Spec, data: dict[str, Any]) -> None:
    for item in fields_of(type(bound)):
        if item.key in data and data[item.key] is not None:
            found, written = getattr(bound, item.attribute), data[item.key]
            if isinstance(found, dict | tuple) and isinstance(written, dict | list):
                assert len(found) == len(written), item.key
            if isinstance(found, Spec) and isinstance(written, dict):
                whole(found, written)
