from __future__ import annotations

import pytest

from engine.diagnostics import Problems
from engine.errors import MappingFailed
from engine.mapping.template import Template, source_text
from engine.tree import Entry, Mapping, Scalar
from tests.mapping.templates import chat_scope, scope, tree


def compiled(text: str, position: str) -> Template:
    found = Problems()
    template = Template.compile(tree(text), position, found, "here")
    assert not found.items, found.items
    return template


def test_a_condition_of_a_target() -> None:
    template = compiled("=!(chat.tools) && client.name == 'web'", "target")
    given = chat_scope(
        {"model": "m", "messages": [{"role": "user", "content": "hi"}]}, client={"name": "web"}
    )
    assert template.holds(given) and not template.holds(given.fork(client=None))
    assert template.text == "=!(chat.tools) && client.name == 'web'"


def test_zero_holds_and_nothing_does_not() -> None:
    template = compiled("=body.x", "target")
    assert [template.holds(scope(body={"x": value})) for value in (0, "", None, [0])] == [
        True,
        False,
        False,
        True,
    ]


def test_a_template_that_yields_nothing_is_null() -> None:
    assert compiled("{$when: =body.x, a: 1}", "endpoint")(scope(body={})) is None


def test_each_position_has_its_names() -> None:
    assert compiled("{s: =result.text}", "endpoint.response")(scope(result={"text": "t"})) == {"s": "t"}
    found = Problems()
    Template.compile(tree("{s: =result.text}"), "target", found, "models.a.targets.0.when")
    assert [(item.code, item.path) for item in found.items] == [("unknown-name", "models.a.targets.0.when.s")]


def test_a_failure_knows_its_place() -> None:
    with pytest.raises(MappingFailed) as failure:
        compiled('{a: "${body.x}"}', "endpoint")(scope(body={}))
    assert failure.value.where == "t.yaml:1:8"


def test_the_source_shows_no_secret() -> None:
    assert source_text(tree("{a: [1, true, null, =x], b: {c: d}}")) == "{a: [1, true, null, =x], b: {c: d}}"
    secret = Scalar("sk-1", tree("x").at, origin=("KEY",))
    assert source_text(secret) == "(secret)"


def test_a_flag_from_the_environment_is_a_condition() -> None:
    at = tree("x").at
    inner = {"$when": Scalar("false", at, origin=("FLAG",)), "$value": Scalar(1, at)}
    node = Mapping({key: Entry(key, at, value) for key, value in inner.items()}, at)
    found = Problems()
    assert Template.compile(node, "endpoint", found)(scope()) is None and not found.items
