from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.expression.json_text import dumps, loads

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(values)
def test_it_reads_what_it_writes(value: Any) -> None:
    assert loads(dumps(value)) == value


@pytest.mark.parametrize("text", ["", "{", "NaN", "-Infinity", "1e999", "[1,]", "1 2", "[" * 100_000, "'a'"])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        loads(text)


def test_text_is_compact_and_not_escaped() -> None:
    assert dumps({"a": ["é", 1.0, 10**30]}) == '{"a":["é",1.0,1000000000000000000000000000000]}'
    assert dumps("\ud800") == '"\ud800"'
