"""Bodies as they come in, and as an alias changes them."""

from typing import Any

import pytest

from engine.diagnostics import Position
from engine.errors import RequestRefused
from engine.gateway.request import LONGEST_NAME, apply_params, model_of, parse_body
from engine.snapshot.model import Alias


@pytest.mark.parametrize("raw", [b"", b"{", b"[1]", b'"x"', b"null", b'{"a": "\xff"}'])
def test_no_body(raw: bytes) -> None:
    with pytest.raises(RequestRefused):
        parse_body(raw, 100)


@pytest.mark.parametrize("model", [None, "", 3, [], "x" * (LONGEST_NAME + 1)])
def test_no_model(model: Any) -> None:
    with pytest.raises(RequestRefused) as caught:
        model_of({"model": model})
    assert caught.value.info.param == "model"


@pytest.mark.parametrize(
    ("params", "override", "body", "result"),
    [
        ({"a": 1}, {}, {}, {"a": 1}),
        ({"a": 1}, {}, {"a": 2}, {"a": 2}),
        ({"a": 1}, {}, {"a": None}, {"a": 1}),
        ({"a": 1}, {}, {"a": 0}, {"a": 0}),
        ({}, {"a": 1}, {"a": 2}, {"a": 1}),
        ({"a": 1}, {"a": 3}, {}, {"a": 3}),
        ({}, {"a": None}, {"a": 2, "b": None}, {"b": None}),
    ],
)
def test_apply_params(params: Any, override: Any, body: Any, result: Any) -> None:
    before = dict(body)
    alias = Alias("x", Position("f"), "first", (), params=params, override=override)
    assert apply_params(alias, body) == result
    assert body == before


def test_an_untouched_body_is_the_same_object() -> None:
    body = {"a": 1}
    assert apply_params(Alias("x", Position("f"), "first", ()), body) is body
