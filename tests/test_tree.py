from __future__ import annotations

from typing import Any

import pytest

from engine.diagnostics import Position
from engine.tree import Entry, Mapping, Node, Scalar, Sequence, at_path, merge, scalars, to_data


def node(data: Any, line: int = 1) -> Node:
    at = Position("a.yaml", line)
    if isinstance(data, dict):
        return Mapping({key: Entry(key, at, node(value, line)) for key, value in data.items()}, at)
    if isinstance(data, list):
        return Sequence(tuple(node(item, line) for item in data), at)
    return Scalar(data, at)


DATA = {"a": [1, {"b": None}], "c": {"d": "x", "e": True}}


def test_data_of_a_tree() -> None:
    assert to_data(node(DATA)) == DATA
    assert [leaf.value for leaf in scalars(node(DATA))] == [1, None, "x", True]


def test_at_path_goes_as_deep_as_there_is_something() -> None:
    tree = node(DATA)
    assert to_data(at_path(tree, ["a", 1, "b"])) is None
    assert to_data(at_path(tree, ["c", "nothing", "deeper"])) == DATA["c"]
    assert to_data(at_path(tree, ["a", 7])) == DATA["a"]


@pytest.mark.parametrize(
    ("base", "over", "merged"),
    [
        ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ({"a": {"x": 1, "y": 2}}, {"a": {"y": 3}}, {"a": {"x": 1, "y": 3}}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": 1, "b": 2}, {"a": None}, {"b": 2}),
        ({"a": 1}, {"a": {"b": 1}}, {"a": {"b": 1}}),
        ({"a": {"b": 1}}, {"a": "off"}, {"a": "off"}),
        ({}, {"a": None}, {"a": None}),
    ],
)
def test_merge(base: Any, over: Any, merged: Any) -> None:
    assert to_data(merge(node(base), node(over))) == merged


def test_what_is_merged_keeps_the_place_of_who_wrote_it() -> None:
    merged = merge(node({"a": {"x": 1, "y": 2}}, line=1), node({"a": {"y": 3}}, line=9))
    lines = {leaf.value: leaf.at.line for leaf in scalars(merged)}
    assert lines == {1: 1, 3: 9}


def test_the_place_of_a_character() -> None:
    at = Position("a.yaml", 1, 5)
    assert Scalar("abc", at).at_offset(2) == at
    located = Scalar("abc", at, locate=lambda offset: Position("a.yaml", 1, 5 + offset))
    assert located.at_offset(2) == Position("a.yaml", 1, 7)
