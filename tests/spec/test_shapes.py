from __future__ import annotations

from typing import Any

import pytest

from engine.config.yaml import parse_yaml
from engine.diagnostics import Position, Problems
from engine.spec.base import Binding
from engine.spec.shapes import (
    UNBOUND,
    Anything,
    Constant,
    Either,
    Flag,
    Items,
    Nullable,
    Number,
    Shape,
    Table,
    Template,
    Text,
    fits,
    is_plain_secret,
)  # fmt: skip
from engine.tree import Node, Scalar

AT = Position("f")


def node(text: str) -> Node:
    root = parse_yaml("f", f"k: {text}".encode(), Problems())
    assert root is not None
    return root.entries["k"].value


def bind(shape: Shape, text: str, binding: Binding | None = None) -> Any:
    return shape.bind(node(text), ("providers", "p", "k"), binding or Binding(Problems()))


@pytest.mark.parametrize(
    ("shape", "text", "value"),
    [
        (Text(), "x", "x"), (Text(), "5", UNBOUND), (Text(), "[x]", UNBOUND), (Text(), "null", UNBOUND),
        (Text("duration"), "5s", 5.0), (Text("duration"), "5", UNBOUND), (Text("duration"), "x", UNBOUND),
        (Text("size"), "1KiB", 1024), (Text("size"), "7", 7),
        (Text(choices=("a", "b")), "a", "a"), (Text(choices=("a", "b")), "c", UNBOUND),
        (Constant((1,)), "1", 1), (Constant((1,)), "2", UNBOUND), (Constant((1,)), "true", UNBOUND),
        (Number("integer"), "5", 5), (Number("integer"), "5.0", 5), (Number("integer"), "5.5", UNBOUND),
        (Number("integer"), "true", UNBOUND), (Number("integer"), "'5'", UNBOUND), (Number("number"), "5", 5.0),
        (Flag(), "true", True), (Flag(), "yes", UNBOUND), (Flag(), "1", UNBOUND),
        (Anything(), "{a: [1, null]}", {"a": [1, None]}),
        (Items(Text()), "[a, 5, b]", ("a", "b")), (Items(Text()), "a", UNBOUND), (Items(Text()), "[]", ()),
        (Items(Text(), or_one=True), "a", ("a",)), (Items(Text(), or_one=True), "5", UNBOUND),
        (Table(Number("integer")), "{a: 1, b: x}", {"a": 1}), (Table(Text()), "[]", UNBOUND),
        (Either((Text(), Number("integer"))), "a", "a"), (Either((Text(), Number("integer"))), "5", 5),
        (Either((Text(), Number("integer"))), "[]", UNBOUND),
        (Nullable(Text()), "null", UNBOUND), (Nullable(Text()), "x", "x"),
    ],
)  # fmt: skip
def test_reading(shape: Shape, text: str, value: object) -> None:
    found = bind(shape, text)
    assert found == value and type(found) is type(value)


def test_a_template_is_its_node() -> None:
    written = node("{a: =b}")
    assert Template().bind(written, (), Binding(Problems())) is written


@pytest.mark.parametrize(
    ("shape", "text", "names"),
    [
        (Text(ref="pool"), "q", ["q"]),
        (Template(ref="prompt"), "t", ["t"]),
        (Template(ref="prompt"), "=body.t", []),
        (Template(ref="prompt"), "'${body.t}'", []),
        (Items(Text(ref="model")), "[a, b]", ["a", "b"]),
    ],
)
def test_references_are_noted(shape: Shape, text: str, names: list[str]) -> None:
    binding = Binding(Problems())
    bind(shape, text, binding)
    assert [found.name for found in binding.references] == names


def test_a_mocked_name_is_no_reference() -> None:
    binding = Binding(Problems(), mock=True)
    Text(ref="pool").bind(Scalar("mock", AT, origin=("env:X",)), (), binding)
    assert binding.references == []


@pytest.mark.parametrize(
    ("text", "plain"),
    [("sk-1", True), ("sha256:0", False), ("=token", False), ("${credential.key}", False), ("", False)],
)
def test_plain_secrets(text: str, plain: bool) -> None:
    assert is_plain_secret(Scalar(text, AT)) is plain
    assert not is_plain_secret(Scalar(text, AT, origin=("env:X",)))


def test_a_plain_secret_is_a_warning_that_does_not_show_it() -> None:
    binding = Binding(Problems())
    assert bind(Text(secret=True), "sk-1", binding) == "sk-1"
    (item,) = binding.problems.items
    assert item.secret and not item.is_error and "sk-1" not in f"{item.message}{item.hint}"


def test_a_password_in_an_address_is_a_secret_too() -> None:
    binding = Binding(Problems())
    bind(Text("dsn"), "postgresql://user:pw@host/db", binding)
    bind(Text("dsn"), "postgresql://user@host/db", binding)
    assert [(item.code, item.secret) for item in binding.problems.items] == [("plain-secret", True)]


def test_a_variable_without_env_is_an_error() -> None:
    binding = Binding(Problems())
    bind(Text("url"), "'https://${HOST}/v1'", binding)
    (item,) = binding.problems.items
    assert (item.code, item.at.column, item.hint) == ("no-template", 13, 'write "${env:HOST}"')
    fine = Binding(Problems())
    bind(Text(secret=True, expression=True), "'${data.key}'", fine)
    bind(Text(), "'${anything}'", fine)
    assert fine.problems.items == []


def test_what_a_pattern_cannot_tell_is_said_by_the_reader() -> None:
    binding = Binding(Problems())
    assert bind(Text("cidr"), "10.0.0.300", binding) is UNBOUND
    assert [item.code for item in binding.problems.items] == ["bad-address"]


def test_a_missing_secret_leaves_text_readable() -> None:
    """An optional provider is still an object, though its address is missing."""
    gap = Scalar("", AT, origin=("env:X",), missing=("env:X",))
    assert Text("url").bind(gap, (), Binding(Problems())) == ""
    assert Text("duration").bind(gap, (), Binding(Problems())) is UNBOUND


def test_fits() -> None:
    assert fits(Scalar(5, AT), ["integer"]) and fits(Scalar(None, AT), ["null"])
    assert not fits(Scalar(True, AT), ["integer"]) and not fits(Scalar("5", AT), ["number"])
