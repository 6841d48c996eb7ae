"""Bodies as an alias changes them."""

from typing import Any

import pytest

from engine.surfaces.params import apply_params


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
    assert apply_params(params, override, body) == result
    assert body == before


def test_an_untouched_body_is_the_same_object() -> None:
    body = {"a": 1}
    assert apply_params({}, {}, body) is body
