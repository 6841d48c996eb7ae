from __future__ import annotations

import ast
import re

import pytest

from engine.expression.codegen import emit
from engine.expression.module import Module
from engine.expression.parse import ExpressionError, parse
from tests.expression.evaluation import World, evaluate

NAMES = {"a": 1, "list": []}


@pytest.mark.parametrize(
    ("text", "code", "offset", "message", "hint"),
    [
        ("to_lst(a)", "unknown-function", 0, "unknown function 'to_lst()'", "did you mean 'to_list()'?"),
        ("a || Lower(a)", "unknown-function", 5, "unknown function 'Lower()'", "did you mean 'lower()'?"),
        ("frobnicate(a)", "unknown-function", 0, "unknown function 'frobnicate()'", None),
        (
            "[get(a)]",
            "wrong-arity",
            1,
            "get() takes 2 arguments, got 1",
            "get(object: object | array, key: string | number | boolean) -> any",
        ),
        ("now(a)", "wrong-arity", 0, "now() takes no arguments, got 1", "now() -> number"),
        (
            "if(a)",
            "wrong-arity",
            0,
            "if() takes 2 or 3 arguments, got 1",
            "if(condition: any, then: any, else?: any) -> any",
        ),
        (
            "merge()",
            "wrong-arity",
            0,
            "merge() takes at least 1 argument, got 0",
            "merge(...objects: object) -> object",
        ),
        (
            "sort_by(list, a)",
            "wrong-type",
            14,
            "sort_by() takes an expression reference (&name) as argument 2 (key)",
            None,
        ),
        ("length(&a)", "wrong-type", 7, "length() takes a value, not &…, as argument 1 (value)", None),
        ("&a", "wrong-type", 0, "&… may only stand as an argument that takes one", None),
        (
            "split(a, `1`)",
            "wrong-type",
            9,
            "split() takes string as argument 2 (separator), got number",
            "split(text: string, separator: string) -> array",
        ),
    ],
)
def test_a_wrong_call_is_a_mistake_at_load(
    text: str, code: str, offset: int, message: str, hint: str | None
) -> None:
    with pytest.raises(ExpressionError) as caught:
        evaluate(text, NAMES)
    error = caught.value
    assert (error.code, error.offset, error.message, error.hint) == (code, offset, message, hint)


def test_types_are_checked_inline() -> None:
    code = ast.unparse(emit(parse("split(a, list)"), World(NAMES), Module()))
    assert re.sub(r"_\d+|c\d+", "", code) == (
        "split(t1_, t2_) if isinstance((t1_ := names['a']), str) & isinstance((t2_ := names['list']), str) "
        "else refuse(, t1_, t2_) if t1_ is not None and t2_ is not None else None"
    )


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("split(`null`, ',')", None),
        ("split('a,b', `null`)", None),
        ("replace('a', 'a', none)", None),
        ("contains(list, none)", False),
        ("clamp(n, none, none)", 5),
        ("not_null(none, n)", 5),
        ("sort_by(none, &a)", None),
        ("starts_with(none, none)", None),
        ("join(',', none)", None),
        ("join(none, list)", None),
    ],
)
def test_null_gives_null_where_it_has_no_meaning(text: str, result: object) -> None:
    assert evaluate(text, {"none": None, "list": [], "n": 5}) == result


def test_a_reference_is_evaluated_on_each_element() -> None:
    names = {"list": [{"n": {"k": 2}}, {"n": {"k": 1}}]}
    assert evaluate("sort_by(list, &n.k)[*].n.k", names) == [1, 2]
    assert evaluate("map(&[n.k, length(@)], list)", names) == [[2, 1], [1, 1]]
    assert evaluate("list[*].max_by([@], &n.k).n.k", names) == [2, 1]


def test_a_call_inside_a_pipe_sees_what_is_piped() -> None:
    assert evaluate("list[*].n | join(',', @)", {"list": [{"n": "a"}, {"n": "b"}]}) == "a,b"
    assert evaluate("list[*].n.upper(@)", {"list": [{"n": "a"}, {}]}) == ["A"]
