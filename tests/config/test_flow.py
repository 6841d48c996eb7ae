from __future__ import annotations

import pytest

from engine.config.flow import split_in
from engine.config.yaml import parse_yaml
from engine.diagnostics import Problems
from engine.tree import Mapping, Scalar, to_data


def parse(text: str) -> tuple[object, list[str]]:
    problems = Problems()
    root = parse_yaml("f", text.encode(), problems)
    assert root is not None
    return to_data(root), [f"{item.at.column} {item.code}" for item in problems.items]


@pytest.mark.parametrize(
    ("text", "data", "commas"),
    [
        ("a: {x: =get(a, b)}", {"x": "=get(a, b)"}, [14]),
        ("a: {x: =get(a, b), y: 1}", {"x": "=get(a, b)", "y": 1}, [14]),
        ("a: {x: =f(g(a, b), c), y: =f(a, b)}", {"x": "=f(g(a, b), c)", "y": "=f(a, b)"}, [14, 31]),
        ("a: [=get(a, b), c]", ["=get(a, b)", "c"], [11]),
        ("a: {x: =join(x, ',', y)}", {"x": "=join(x, ',', y)"}, [15]),
    ],
)
def test_a_split_expression_is_one_error_and_whole_again(text: str, data: object, commas: list[int]) -> None:
    found, said = parse(text)
    assert found == {"a": data}
    assert said == [f"{column} split-expression" for column in commas]


@pytest.mark.parametrize(
    "text",
    [
        "a: {x: =get(a, b: 1}",
        "a: [=get(a, x]",
        "a: {x: '=get(a', y: 1}",
        "a: {x: get(a, b)}",
        "a: {x: =a == '(', y: 1}",
    ],
)
def test_what_is_no_split_expression_stays(text: str) -> None:
    assert parse(text)[1] == []


def test_two_split_expressions_with_one_tail_are_no_duplicate_keys() -> None:
    assert parse("a: {x: =f(a, b), y: =g(a, b)}")[1] == ["12 split-expression", "25 split-expression"]


def test_places_in_the_whole_expression() -> None:
    root = parse_yaml("f", b"a: {x: =get(a, nam)}", Problems())
    assert root is not None
    inner = root.get("a")
    assert isinstance(inner, Mapping)
    node = inner.get("x")
    assert isinstance(node, Scalar) and node.at_offset(8).column == 16


@pytest.mark.parametrize(
    ("text", "place", "whole"),
    [
        ("a: {x: =join(', ', y)}", 15, "=join(', ', y)"),
        ("a: {x: =join(',', y), z: 'b'}", 15, "=join(',', y)"),
        ("a: {x: =f(', ', y), z: =f(', ', y)}", 12, "=f(', ', y)"),
        ("a: [=join(', ', y)]", 12, "=join(', ', y)"),
        ("a: {x: =if(c, 'd', {e: f})}", 13, "=if(c, 'd', {e: f})"),
    ],
)
def test_a_comma_beside_a_quote_is_named_although_the_rest_is_no_yaml(
    text: str, place: int, whole: str
) -> None:
    problems = Problems()
    assert parse_yaml("f", text.encode(), problems) is None
    [found] = problems.items
    assert (found.at.line, found.at.column, found.code) == (1, place, "split-expression")
    assert found.hint is not None and f'"{whole}"' in found.hint


@pytest.mark.parametrize(
    "line", ["x: {y: 'abc}", "x: {y: \"=f('a', b)\"}", "x: =f('a', b)", "x: {y: =a}, 'b"]
)
def test_other_lines_hold_no_split_expression(line: str) -> None:
    assert split_in(line) is None
