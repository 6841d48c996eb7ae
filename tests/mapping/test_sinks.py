from __future__ import annotations

import pytest

from engine.mapping.sinks import is_literal, literal_key
from tests.mapping.templates import render, tree


@pytest.mark.parametrize(
    ("text", "literal"),
    [("x", True), ("1", True), ("{a: [b, {c: null}]}", True), ("{a: [=b]}", False), ("'${b}'", False),
     ("{$literal: 1}", False), ("{$$a: 1}", False)],
)  # fmt: skip
def test_literals(text: str, literal: bool) -> None:
    assert is_literal(tree(text)) is literal


def test_keys() -> None:
    assert [literal_key(key) for key in ("a", "$$a", "$$$a", "a$")] == ["a", "$a", "$$a", "a$"]


def test_keys_stay_in_the_order_written() -> None:
    assert list(render("{a: 1, b: =body, c: 3, d: [=body]}", body=2)) == ["a", "b", "c", "d"]


def test_a_value_that_is_never_null_needs_no_test() -> None:
    assert render("{a: =!body, b: =body || 'x', c: ='y'}", body=None) == {"a": True, "b": "x", "c": "y"}


def test_expressions_of_one_function_share_their_locals() -> None:
    text = "{a: =body.a.b.c, d: =body.d.e.f, g: '=[body.g.h, body.i.j]', k: 'x${body.k.l}${body.m.n}'}"
    body = {
        "a": {"b": {"c": 1}},
        "d": {"e": {"f": 2}},
        "g": {"h": 3},
        "i": {"j": 4},
        "k": {"l": 5},
        "m": {"n": 6},
    }
    assert render(text, body=body) == {"a": 1, "d": 2, "g": [3, 4], "k": "x56"}
