from __future__ import annotations

from typing import Any

import pytest

from engine.expression.runtime import equals


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        (1, 1.0, True),
        (1, True, False),
        (False, 0, False),
        (0.0, False, False),
        (None, False, False),
        ("a", "a", True),
        ("1", 1, False),
        ([1, [2]], [1.0, [2]], True),
        ([1], [True], False),
        ({"a": {"b": 0}}, {"a": {"b": False}}, False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ({"a": None}, {}, False),
        ([], {}, False),
    ],
)
def test_equality_is_that_of_json(left: Any, right: Any, same: bool) -> None:
    assert equals(left, right) is same
    assert equals(right, left) is same
