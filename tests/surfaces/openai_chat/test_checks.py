from __future__ import annotations

from typing import Any

import pytest

from engine.surfaces.openai_chat import checks
from engine.surfaces.openai_chat.checks import Check
from engine.surfaces.openai_chat.refusals import Wrong

FIELDS = checks.shape({"a": checks.string}, {"b": checks.boolean})
KINDS = checks.variants("type", {"x": checks.object_, "y": checks.shape({"n": checks.integer()})})


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (checks.boolean, [True, False], [0, "true", None]),
        (checks.string, ["", "a"], [1, [], None]),
        (checks.filled_string, ["a"], ["", 1]),
        (checks.object_, [{}], [[], "a", None]),
        (checks.integer(), [0, -5, 1 << 70], [True, 1.0, "1"]),
        (checks.integer(1, 3), [1, 3], [0, 4, True, 1.5]),
        (checks.number(0, 2), [0, 2, 0.5, 2.0], [-0.1, 2.1, 3, True, "1"]),
        (checks.array(checks.string, "an array"), [[], ["a"]], ["a", ["a", 1], {}]),
        (checks.string_or_strings, ["a", [], ["a", ""]], [1, ["a", None], {}]),
        (checks.words("p", "q"), ["p", "q"], ["", "r", 1, None]),
        (
            FIELDS,
            [{"a": ""}, {"a": "x", "b": None, "c": 1}],
            [{}, {"a": None}, {"a": 1}, {"a": "x", "b": 1}, []],
        ),
        (
            KINDS,
            [{"type": "x"}, {"type": "y", "n": 1}],
            [{}, {"type": "z"}, {"type": []}, {"type": "y"}, "x", None],
        ),
    ],
)
def test_checks(check: Check, good: list[Any], bad: list[Any]) -> None:
    for value in good:
        check(value)
    for value in bad:
        with pytest.raises(Wrong):
            check(value)


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ([{"a": []}, {"a": ["x", 5]}], "[1].a[1]"),
        ([{"a": []}, {}], "[1].a"),
        ([{"a": []}, 5], "[1]"),
        ({}, ""),
    ],
)
def test_the_path_names_the_place(value: Any, path: str) -> None:
    deep = checks.array(checks.shape({"a": checks.array(checks.string, "an array")}), "an array")
    with pytest.raises(Wrong) as caught:
        deep(value)
    assert caught.value.path == path


def test_a_variant_is_named_by_its_field() -> None:
    for value, path in (
        ({}, ".type"),
        ({"type": 5}, ".type"),
        ({"type": "z"}, ".type"),
        ({"type": "y"}, ".n"),
    ):
        with pytest.raises(Wrong) as caught:
            KINDS(value)
        assert caught.value.path == path
