from __future__ import annotations

import ast

from engine.expression.code import (
    Code,
    Locals,
    both,
    either,
    in_sequence,
    is_constant,
    is_not_constant,
    literal,
    loop,
    name,
)


def text(node: ast.expr) -> str:
    return ast.unparse(node)


def test_code_is_its_value_if_all_its_tests_hold() -> None:
    assert text(Code(name("v")).whole()) == "v"
    assert text(Code(name("v"), (name("a"), name("b"))).whole()) == "v if a and b else None"


def test_only_a_bare_name_is_stable() -> None:
    assert Code(name("v")).stable
    assert not Code(name("v"), (name("a"),)).stable
    assert not Code(ast.Constant(1)).stable


def test_conjunctions_are_flat() -> None:
    nested = both([name("a"), both([name("b"), name("c")])])
    assert isinstance(nested, ast.BoolOp) and len(nested.values) == 3
    assert both([name("a")]) is not None and text(both([name("a")])) == "a"
    assert text(both([either(name("a"), name("b")), name("c")])) == "(a or b) and c"


def test_what_is_known_of_constants_is_decided_at_once() -> None:
    assert text(is_constant(ast.Constant("a"), None)) == "False"
    assert text(is_not_constant(ast.Constant("a"), None)) == "True"
    assert text(is_constant(name("a"), None)) == "a is None"


def test_sequence_gives_the_second_value() -> None:
    assert eval(text(in_sequence(ast.Constant(1), ast.Constant(2)))) == 2


def test_a_literal_is_a_display_of_its_value() -> None:
    value = {"a": [1, None, True], "b": {"c": "d"}, "e": 1.5}
    assert eval(text(literal(value))) == value


def test_a_loop_filters() -> None:
    over = ast.List([ast.Constant(1), ast.Constant(0)], ast.Load())
    assert eval(text(ast.ListComp(name("x"), [loop("x", over, name("x"))]))) == [1]


def test_locals_of_a_comprehension_have_names_of_their_own() -> None:
    kept = Locals()
    before = kept.fresh()
    with kept.in_comprehension():
        inside = kept.fresh()
    assert [before, inside, kept.fresh()] == ["t1_", "c2_", "t3_"]
