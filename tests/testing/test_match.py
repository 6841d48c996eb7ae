from __future__ import annotations

import pytest

from engine.testing.match import ABSENT, Difference, dotted, exactly, partly

SAME = [1, 1.5, "x", "", None, True, [], {}, [1, [2]], {"a": {"b": [1]}}]


@pytest.mark.parametrize("value", SAME, ids=repr)
def test_a_value_is_exactly_and_partly_itself(value: object) -> None:
    assert list(exactly(value, value)) == []
    assert list(partly(value, value)) == []


def test_key_order_is_no_difference_and_int_equals_float() -> None:
    assert list(exactly({"a": 1, "b": 2}, {"b": 2.0, "a": 1})) == []


@pytest.mark.parametrize(
    ("expected", "actual"), [(1, True), (0, False), (True, "true"), (None, 0), ([], {}), ("1", 1)]
)
def test_types_are_not_mixed_up(expected: object, actual: object) -> None:
    assert list(exactly(expected, actual)) == [Difference((), expected, actual)]
    assert list(partly(expected, actual)) == [Difference((), expected, actual)]


def test_every_difference_has_its_path() -> None:
    found = list(exactly({"a": [1, 2], "b": None}, {"a": [1, 3, 4], "c": 1}))
    assert found == [
        Difference(("a", 1), 2, 3),
        Difference(("a", 2), ABSENT, 4),
        Difference(("b",), None, ABSENT),
        Difference(("c",), ABSENT, 1),
    ]
    assert [str(item) for item in found][1:3] == [
        "a[2]: expected nothing, got 4",
        "b: expected None, got nothing",
    ]


def test_a_part_may_leave_out_keys_elements_and_characters() -> None:
    actual = {
        "model": "m",
        "messages": [{"role": "system", "content": "S"}, {"role": "user", "content": "hello you"}],
    }
    assert list(partly({"messages": [{"role": "user", "content": "hello"}]}, actual)) == []


def test_listed_elements_must_stand_in_order() -> None:
    assert list(partly([1, 3], [1, 2, 3])) == []
    assert list(partly([3, 1], [1, 2, 3])) == [Difference((1,), 1, ABSENT)]
    assert list(partly([1, 1], [1])) == [Difference((1,), 1, ABSENT)]


def test_a_part_that_is_not_there() -> None:
    assert list(partly({"a": {"b": 1}}, {"a": {}})) == [Difference(("a", "b"), 1, ABSENT)]
    assert list(partly("quota", "limit")) == [Difference((), "quota", "limit")]


def test_dotted() -> None:
    assert dotted(("request", "body", "messages", 0, "role")) == "request.body.messages[0].role"
    assert dotted((0, "a")) == "[0].a"
