from __future__ import annotations

import math

import pytest

from engine.config.words import choices, either, expected, found, sample
from engine.spec.schema import ROOTS, runtime_schema

PROVIDER = runtime_schema(ROOTS["route"])["properties"]["providers"]["additionalProperties"]["properties"]


def test_either() -> None:
    assert [either(words) for words in (["a"], ["a", "b"], ["a", "b", "c"], ["a", "a"])] == [
        "a", "a or b", "a, b or c", "a",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "words"),
    [(1, "a number"), ("x", "text"), ([], "a list"), ({}, "a mapping"), (None, "nothing"), (True, "true"),
     (math.inf, "a number without end")],
)  # fmt: skip
def test_found_never_shows_the_value(value: object, words: str) -> None:
    assert found(value) == words


@pytest.mark.parametrize(
    ("key", "words"),
    [("retry", "a mapping or 'off'"), ("base_url", "a URL"), ("http2", "true or false"), ("params", "a mapping"),
     ("unsupported", "'drop', 'warn' or 'reject'"), ("key", "text")],
)  # fmt: skip
def test_expected(key: str, words: str) -> None:
    assert expected(PROVIDER[key]) == words


def test_choices_and_samples() -> None:
    assert choices(PROVIDER["retry"]) == ["'off'"] and choices(PROVIDER["key"]) == []
    assert sample(PROVIDER["timeout"]) == "{connect: 5s, first_byte: 60s, idle: 60s, …}"
    assert sample(PROVIDER["http2"]) is None
