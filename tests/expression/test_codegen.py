from __future__ import annotations

import ast
import json
from types import SimpleNamespace
from typing import Any

import jmespath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.diagnostics import Position
from engine.expression.codegen import compile_expression, emit, emit_code
from engine.expression.function import ExpressionTypeError
from engine.expression.module import Module
from engine.expression.parse import ExpressionError, parse
from tests.expression.evaluation import Clockwork, World, compiled, evaluate

# --- names ---------------------------------------------------------------------------------------------


def test_fields_at_the_root_are_names_and_everything_is_all_of_them() -> None:
    names = {"body": {"a": [{"b": 1}]}, "x": None}
    assert evaluate("body.a[0].b", names) == 1
    assert evaluate("{p: body.a, q: x}", names) == {"p": [{"b": 1}], "q": None}
    assert evaluate("@", names) == names
    assert evaluate("keys(@)", names) == ["body", "x"]
    assert evaluate("*.a", names) == [[{"b": 1}]]
    assert evaluate("[0]", names) is None


def test_inside_a_projection_fields_are_those_of_the_element() -> None:
    names = {"list": [{"k": 1, "list": 2}, {"k": None}], "k": 1}
    assert evaluate("list[?k == `1`].list", names) == [2]
    assert evaluate("list | [0].k", names) == 1


def test_an_unknown_name_is_a_mistake_at_its_place() -> None:
    with pytest.raises(ExpressionError) as caught:
        evaluate("a || mesages[0]", {"a": 1, "messages": []})
    error = caught.value
    assert (error.code, error.offset, error.hint) == ("unknown-name", 5, "messages")


def test_double_quotes_around_text_get_a_hint() -> None:
    with pytest.raises(ExpressionError) as caught:
        evaluate('a.type == "text"', {"a": 1, "next": 1})
    assert caught.value.offset == 10
    assert caught.value.hint == "text is written 'text'; double quotes are for names"


def test_a_closed_name_is_read_by_attribute_and_its_fields_are_checked() -> None:
    world = World({"chat": SimpleNamespace(system={"a": 1})}, closed={"chat": ("system",)})
    assert compiled("chat.system.a", world)(world.names) == 1
    assert compiled("not_null(chat.system)[]", world)(world.names) is None
    with pytest.raises(ExpressionError) as caught:
        compiled("!chat || chat.systm", world)
    assert caught.value.offset == 14


# --- null and truth ------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [None, False, "", [], {}])
def test_what_is_false(value: Any) -> None:
    names = {"v": value}
    assert evaluate("!v", names) is True
    assert evaluate("v || 'other'", names) == "other"
    assert evaluate("v && 'other'", names) == value
    assert not compiled("v && `true`", World(names), condition=True)(names)


@pytest.mark.parametrize("value", [0, 0.0, 1, -1.5, True, "a", [None], {"a": None}])
def test_what_is_true(value: Any) -> None:
    names = {"v": value}
    assert evaluate("!v", names) is False
    assert evaluate("v || 'other'", names) == value
    assert evaluate("v && 'other'", names) == "other"
    assert compiled("v", World(names), condition=True)(names)
    assert compiled("!(!v) && (v || `false`)", World(names), condition=True)(names)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("one == yes", False),
        ("one == `true`", False),
        ("zero == `false`", False),
        ("yes == `1`", False),
        ("no == `0`", False),
        ("zero == `0.0`", True),
        ("[one] == [yes]", False),
        ("{a: zero} == {a: no}", False),
        ("one != yes", True),
        ("missing == `null`", True),
        ("missing.a != 'x'", True),
        ("`null` == missing", True),
        ("`5` == `null`", False),
        ("text == 'abc'", True),
        ("one > `0`", True),
        ("one > zero", True),
        ("text > `0`", None),
        ("text > text", None),
        ("yes > `0`", None),
        ("missing < `1`", None),
        ("'a' < 'b'", None),
    ],
)
def test_comparison(text: str, result: Any) -> None:
    names = {"one": 1, "zero": 0, "yes": True, "no": False, "text": "abc", "missing": None}
    assert evaluate(text, names) is result


def test_ids_in_different_places_of_one_expression_do_not_disturb_each_other() -> None:
    names = {"a": {"b": [{"c": [{"d": 1}, {"d": 2}]}, {"c": [{"d": 3}]}]}, "n": 2}
    assert evaluate("a.b[].c[?d != `2`].d", names) == [[1], [3]]
    assert evaluate("a.b[*].{all: c[*].d, last: c[-1].d, some: c[?d > `1`] | [0].d}", names) == [
        {"all": [1, 2], "last": 2, "some": 2},
        {"all": [3], "last": 3, "some": 3},
    ]


# --- the generated code --------------------------------------------------------------------------------


def source(text: str) -> str:
    module = Module()
    return ast.unparse(emit(parse(text), World({"a": 1, "list": 1}), module))


def test_paths_are_inline_look_ups() -> None:
    assert source("a.b.c") == (
        "t2_.get('c') if (t1_ := names['a']).__class__ is dict "
        "and (t2_ := t1_.get('b')).__class__ is dict else None"
    )


def test_a_filter_is_one_comprehension_without_calls_of_helpers() -> None:
    assert source("list[?x=='y'].z") == (
        "[c2_ for x1 in t1_ if x1.__class__ is dict and x1.get('x') == 'y' if x1.__class__ is dict "
        "if (c2_ := x1.get('z')) is not None] if (t1_ := names['list']).__class__ is list else None"
    )


def test_nothing_generated_defines_functions() -> None:
    texts = ["a || list[?x].{y: z} | [0]", "sort_by(list, &a)[*].b", "if(a, list, `1`)", "map(&a.b, list)"]
    for text in texts:
        nodes = ast.walk(emit(parse(text), World({"a": 1, "list": 1}), Module()))
        assert not [node for node in nodes if isinstance(node, ast.Lambda | ast.FunctionDef)]


def test_a_failing_call_knows_its_place() -> None:
    module = Module()
    text = "[a, split(a.b, ',')]"
    located = emit(parse(text), World({"a": 1}), module, lambda offset: Position("f.yaml", 7, offset + 1))
    arguments = ast.arguments([], [ast.arg("names"), ast.arg("scope")], None, [], [], None, [])
    whole = ast.Return(module.place(located, Position("f.yaml", 7, 1)))
    module.define(ast.FunctionDef("run", arguments, [whole], []))
    with pytest.raises(ExpressionTypeError) as caught:
        module.build("f.yaml")["run"]({"a": {"b": 1}}, Clockwork())
    assert module.where(caught.value) == Position("f.yaml", 7, 5)


def test_code_knows_whether_it_can_be_null() -> None:
    world = World({"a": 1})
    assert emit_code(parse("a.b"), world, Module()).nullable
    literal = emit_code(parse("'x'"), world, Module())
    assert not literal.nullable and not literal.tests
    assert not emit_code(parse("a == 'x'"), world, Module()).nullable


DEEP = {
    "not": "!(" * 40 + "a" + ")" * 40,
    "filter": "a[?" * 16 + "a" + "]" * 16,
    "projection": "a" + "[*].b" * 16,
    "call": "to_array(" * 90 + "a" + ")" * 90,
    "if": "if(a," * 90 + "a" + ",a)" * 90,
    "map": "map(&" * 16 + "a" + ",a)" * 16,
    "path": ".".join(["a"] * 1000),
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP)
def test_what_the_bounds_allow_compiles(text: str) -> None:
    assert compile_expression(text)(None) is not NotImplemented


@pytest.mark.parametrize(
    "text", ["a[?" * 17 + "a" + "]" * 17, "a" + "[*].b" * 17, "map(&" * 17 + "a" + ",a)" * 17]
)
def test_too_many_loops_are_an_error_and_no_crash(text: str) -> None:
    with pytest.raises(ExpressionError, match="loops nest deeper than 16"):
        compile_expression(text)


# --- against the library -------------------------------------------------------------------------------

EXPRESSIONS = [
    "a", "a.b", "a.b.c", "a[0]", "a[-1].b", "a[*].b", "a[].b", "a[].b[].c", "*.a", "a.*.b", "a[1:]", "a[::-1]",
    "a[?b]", "a[?b == 'x'].c", "a[?b != `1`]", "a[?b > `1`].b", "a[?c == b]", "[a, b]", "{x: a, y: b.c}",
    "a[*].{x: b, y: c}", "a[].[b, c]", "a || b", "a && b", "!a", "!(a.b) && c", "a | [0].b", "a[*].b | [0]",
    "a == b", "a.b != c", "a == `0`", "type(a)", "not_null(a, b, c)", "to_array(a)[*].b", "map(&b, to_array(a))",
    "a.type(@)", "b || `0` && c", "length(to_array(a)) > `1` && b", "@", "[?a]", "[]", "[*].a", "a[?b || c].[b]",
]  # fmt: skip

scalars = st.sampled_from([None, False, 2, 3.5, "", "x", "yy"])  # 0 and 1 beside true: see `test_comparison`
documents = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=20,
)


def ordered_like_the_standard(text: str, document: Any) -> bool:
    """The library orders strings too, and fails on a string beside a number."""
    return ">" not in text or not any(word in json.dumps(document) for word in ('""', '"x"', '"yy"'))


@pytest.mark.parametrize("text", EXPRESSIONS)
@settings(max_examples=50)
@given(document=documents)
def test_it_agrees_with_the_library(text: str, document: Any) -> None:
    if ordered_like_the_standard(text, document):
        ours = compile_expression(text)(document)
        assert (ours, type(ours)) == (theirs := jmespath.search(text, document), type(theirs))
