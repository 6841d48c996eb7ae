from __future__ import annotations

import pytest

from engine.memo import Memo


def test_each_key_is_computed_once() -> None:
    asked: list[str] = []
    memo: Memo[str, int] = Memo(lambda key: asked.append(key) or len(key))
    assert (memo["aa"], memo["b"], memo["aa"]) == (2, 1, 2)
    assert asked == ["aa", "b"]


def test_it_starts_over_when_it_is_full() -> None:
    memo: Memo[int, int] = Memo(lambda key: -key, size=2)
    assert [memo[key] for key in (1, 2, 3, 1)] == [-1, -2, -3, -1]
    assert set(memo) == {3, 1}


def test_a_failure_is_not_remembered() -> None:
    memo: Memo[int, float] = Memo(lambda key: 1 / key)
    with pytest.raises(ZeroDivisionError):
        memo[0]
    assert memo == {}
