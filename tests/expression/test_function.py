from __future__ import annotations

import pytest

from engine.expression.function import (
    ExpressionTypeError,
    Function,
    Param,
    accepts,
    elements,
    encoded,
    finite,
    refuse,
    type_name,
)


def function(signature: str) -> Function:
    return Function(signature, "For tests.", lambda *arguments: arguments, ())


def test_a_signature_says_it_all() -> None:
    declared = function("f(a: string, b: number | null, c?: any, ...rest: array) -> object")
    assert declared.name == "f"
    assert declared.returns == "object"
    assert declared.params == (
        Param("a", ("string",)),
        Param("b", ("number", "null")),
        Param("c", ("any",), optional=True),
        Param("rest", ("array",), variadic=True),
    )
    assert [param.nullable for param in declared.params] == [False, True, True, False]
    assert declared.param(9).name == "rest"


@pytest.mark.parametrize(
    ("signature", "least", "most", "arity"),
    [
        ("f() -> any", 0, 0, "no arguments"),
        ("f(a: any) -> any", 1, 1, "1 argument"),
        ("f(a: any, b: any) -> any", 2, 2, "2 arguments"),
        ("f(a: any, b?: any) -> any", 1, 2, "1 or 2 arguments"),
        ("f(...a: any) -> any", 1, None, "at least 1 argument"),
        ("f(a: any, ...b: any) -> any", 2, None, "at least 2 arguments"),
    ],
)
def test_arity(signature: str, least: int, most: int | None, arity: str) -> None:
    declared = function(signature)
    assert (declared.least, declared.most, declared.arity()) == (least, most, arity)


@pytest.mark.parametrize("signature", ["f", "f(a) -> any", "f(a: ) -> any", "f(a: any)"])
def test_a_wrong_signature_is_refused(signature: str) -> None:
    with pytest.raises(ValueError, match="not a "):
        function(signature)


def test_types_have_the_names_of_the_standard() -> None:
    values = [None, True, 1, 1.5, "a", [], {}]
    names = ["null", "boolean", "number", "number", "string", "array", "object"]
    assert [type_name(value) for value in values] == names
    assert [accepts(Param("x", ("number", "null")), value) for value in values] == [1, 0, 1, 1, 0, 0, 0]
    assert all(accepts(Param("x", ("any",)), value) for value in values)


def test_refusing_gives_null_for_null_and_names_what_was_wrong_otherwise() -> None:
    declared = function("f(a: string, b: number | string) -> any")
    assert refuse(declared, None, []) is None
    assert refuse(declared, "a", None) is None
    with pytest.raises(ExpressionTypeError) as caught:
        refuse(declared, "a", ["secret"])
    assert str(caught.value) == "f() takes number or string as argument 2 (b), got array"


def test_elements_have_one_type() -> None:
    elements("f", [], "number")
    elements("f", [1, 2.5], "number", "string")
    for values in ([1, "a"], [True], [None, 1]):
        with pytest.raises(ExpressionTypeError):
            elements("f", values, "number", "string")


def test_results_stay_within_json() -> None:
    assert finite("f", sum, [1, 2]) == 3
    for values in ([1e308, 1e308], [10**400, 0.5]):
        with pytest.raises(ExpressionTypeError, match="f\\(\\): the result is out of range"):
            finite("f", sum, values)


def test_text_is_encoded_whatever_it_holds() -> None:
    assert encoded("é") == b"\xc3\xa9"
    assert encoded("\ud800") == b"\xed\xa0\x80"
