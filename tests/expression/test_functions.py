"""The examples of every function are its tests; what examples cannot show follows below."""

from __future__ import annotations

import pytest

from engine.expression import functions
from engine.expression.codegen import compile_expression
from engine.expression.function import Example, ExpressionTypeError, Function
from engine.expression.parse import ExpressionError
from engine.expression.registry import FUNCTIONS
from tests.expression.evaluation import evaluate

EXAMPLES = [(function, example) for function in FUNCTIONS for example in function.examples]


@pytest.mark.parametrize(("function", "example"), EXAMPLES, ids=lambda item: getattr(item, "text", None))
def test_example(function: Function, example: Example) -> None:
    result = evaluate(example.text, example.given)
    assert result == example.result
    assert type(result) is type(example.result)  # 1 is not 1.0, and neither is true


@pytest.mark.parametrize("function", list(FUNCTIONS), ids=lambda function: function.name)
def test_every_function_is_documented_by_its_name_and_its_treatment_of_null(function: Function) -> None:
    assert function.summary.endswith((".", ")"))
    assert all(f"{function.name}(" in example.text for example in function.examples)
    takes_arguments = bool(function.params)
    assert takes_arguments <= any("`null`" in example.text for example in function.examples)


def test_the_language_has_every_function_of_the_design() -> None:
    standard = """abs avg ceil contains ends_with floor join keys length map max max_by merge min min_by
        not_null reverse sort sort_by starts_with sum to_array to_number to_string type values"""
    extra = """get add sub mul clamp if to_list parse_json to_json lower upper split replace match omit pick
        items from_items data_url schema_clean first text uid now b64encode b64decode sha256 hmac_sha256
        glob"""
    assert {*standard.split(), *extra.split()} <= set(FUNCTIONS.names())
    assert functions.__doc__


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lower(x)", "lower() takes string as argument 1 (text), got number"),
        ("split('a', x)", "split() takes string as argument 2 (separator), got number"),
        ("length(x)", "length() takes string or array or object as argument 1 (value), got number"),
        ("get(s, s)", "get() takes object or array as argument 1 (object), got string"),
        ("get(o, l)", "get() takes string or number or boolean as argument 2 (key), got array"),
        ("add(`1`, s)", "add() takes number or null as argument 2 (numbers), got string"),
        ("abs(t)", "abs() takes number as argument 1 (value), got boolean"),
        ("sum(l)", "sum() takes an array of number, got string in it"),
        ("sort(l)", "sort() takes an array of number or of string, got a mixture in it"),
        ("join(',', l)", "join() takes an array of string, got number in it"),
        ("max_by(objects, &a)", "max_by() takes an array of number or of string, got null in it"),
        ("from_items(l)", "from_items() takes an array of pairs [string, value]"),
        ("mul(`1e308`, `10`)", "mul(): the result is out of range"),
        ("schema_clean(o, {drop: s})", "schema_clean() takes an array of strings as the option drop"),
        ("match('a', s2)", "match(): not a valid pattern: missing ), unterminated subpattern at position 0"),
    ],
)  # fmt: skip
def test_a_value_of_a_wrong_type_is_named(text: str, message: str) -> None:
    names = {
        "x": 1,
        "s": "secret",
        "t": True,
        "l": [1, "a"],
        "o": {"a": 1},
        "objects": [{"a": 1}, {}],
        "s2": "(",
    }
    with pytest.raises(ExpressionTypeError) as caught:
        evaluate(text, names)
    assert str(caught.value) == message


def test_branches_that_are_not_taken_are_not_evaluated() -> None:
    names = {"n": 1, "nothing": None}
    assert evaluate("if(n, 'yes', lower(n))", names) == "yes"
    assert evaluate("if(nothing, lower(n), 'no')", names) == "no"
    assert evaluate("not_null(nothing, n, lower(n))", names) == 1
    assert evaluate("n || lower(n)", names) == 1
    assert evaluate("nothing && lower(n)", names) is None
    with pytest.raises(ExpressionTypeError):
        evaluate("if(nothing, 'yes', lower(n))", names)


def test_an_id_is_drawn_once_for_each_call() -> None:
    assert evaluate("[uid('a'), uid('b')]", {}) == ["a1", "b2"]
    assert evaluate("list[*].[@, uid()]", {"list": [1, 2]}) == [[1, "1"], [2, "2"]]


def test_an_id_and_the_time_need_a_scope() -> None:
    with pytest.raises(ExpressionError, match="now\\(\\) is not available here"):
        compile_expression("now()")


def test_a_pattern_is_refused_at_load() -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_expression("match(a, '(a')")
    assert caught.value.code == "wrong-type" and "unterminated" in caught.value.message


def test_not_null_takes_any_number_of_arguments() -> None:
    assert evaluate(f"not_null({'nothing, ' * 50}n)", {"nothing": None, "n": 5}) == 5


def test_a_literal_is_fresh_at_each_evaluation() -> None:
    search = compile_expression('not_null(a, `{"list": [1]}`)')
    search({})["list"].append(2)
    assert search({}) == {"list": [1]}


def test_big_integers_keep_their_digits_in_json() -> None:
    text = '{"id":123456789012345678901234567890}'
    assert evaluate("to_json(parse_json(t))", {"t": text}) == text


@pytest.mark.parametrize("text", ['"\\ud800"', "[" * 100_000, "1e999", "-Infinity", ""])
def test_text_that_is_no_json_is_null_or_survives(text: str) -> None:
    assert evaluate("parse_json(t)", {"t": text}) in (None, "\ud800")


def test_digests_take_any_text() -> None:
    assert len(evaluate("sha256(t)", {"t": "\ud800"})) == 64
