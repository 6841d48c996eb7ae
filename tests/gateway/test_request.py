"""Bodies as they come in."""

import pytest

from engine.diagnostics import Position
from engine.errors import RequestRefused
from engine.gateway.request import params_of, parse_body
from engine.snapshot.model import Alias, Client
from engine.surfaces.params import apply_params


@pytest.mark.parametrize("raw", [b"", b"{", b"[1]", b'"x"', b"null", b'{"a": "\xff"}'])
def test_no_body(raw: bytes) -> None:
    with pytest.raises(RequestRefused):
        parse_body(raw, 100)


def test_what_is_said_of_the_caller_wins_over_what_is_said_of_the_model() -> None:
    alias = Alias("x", Position("f"), "first", (), params={"a": 1, "b": 1}, override={"c": 1, "d": 1})
    client = Client("web", (), params={"b": 2, "e": 2}, override={"d": 2})
    body = {"c": 9, "d": 9, "e": 9}
    assert apply_params(*params_of(alias, client), body) == {"a": 1, "b": 2, "c": 1, "d": 2, "e": 9}
    # An override of the model is one for everybody: only another override is stronger.
    said = params_of(alias, Client("web", (), params={"c": 3}))
    assert apply_params(*said, {}) == {"a": 1, "b": 1, "c": 1, "d": 1}
