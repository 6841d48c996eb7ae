from __future__ import annotations

import pytest

from engine.spec.group import Group

from .reading import accepts, read


def test_a_group() -> None:
    found = read(Group, "{models: 'a*', limits: {rpm: 5}, params: {temperature: 0}, override: {seed: 1}}")
    assert (found.models, found.limits.rpm, found.params, found.override) == (
        ("a*",), 5, {"temperature": 0}, {"seed": 1},
    )  # fmt: skip
    empty = read(Group, "{}")
    assert (empty.models, empty.limits, empty.params) == (None, None, {})


@pytest.mark.parametrize("text", ["{members: [a]}", "{limits: {rpm: 0}}", "{models: ['']}"])
def test_what_is_no_group(text: str) -> None:
    assert not accepts(Group, text)
