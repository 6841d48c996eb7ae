from __future__ import annotations

from engine.mapping.spot import Spot, is_expression, is_null, text_of
from tests.mapping.templates import spot, tree


def test_paths_are_dotted() -> None:
    root = spot("{a: [{b: 1}], n: null}")
    inner = root.get("a")
    assert inner is not None and inner.path == "a"
    (item,) = inner.items()
    (entry,) = item.entries()
    assert item.of(entry).path == "a.0.b"
    assert Spot(tree("x"), "p").below("q") == "p.q"


def test_an_explicit_null_is_not_there() -> None:
    assert spot("{n: null}").get("n") is None and spot("[1]").get("n") is None
    assert list(spot("x").items()) == [] and spot("x").entries() == ()


def test_leaves() -> None:
    assert (text_of(tree("x")), text_of(tree("1")), text_of(tree("[]"))) == ("x", None, None)
    assert is_null(tree("{a: null}").entries["a"].value) and not is_null(tree("x"))  # type: ignore[union-attr]
    assert is_expression(tree("=x")) and not is_expression(tree("x=")) and not is_expression(tree("1"))


def test_a_token_stands_behind_the_equals_sign() -> None:
    assert spot("=x").token.column == 2 and spot("x").token.column == 1 and spot("[=x]").token.column == 1
