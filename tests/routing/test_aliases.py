"""Exact beats glob, a longer glob a shorter one; suggestions stay near and within what is allowed."""

import pytest

from engine.memo import SIZE
from engine.routing.aliases import AliasTable


def table(*names: str) -> AliasTable[str]:
    return AliasTable.build((name, name.upper()) for name in names)


@pytest.mark.parametrize(
    ("asked", "name", "captured"),
    [
        ("smart", "smart", None),
        ("gpt-5", "gpt-5", None),
        ("gpt-5-mini", "gpt-5-*", "mini"),
        ("gpt-4", "gpt-*", "4"),
        ("other/x/y", "*", "other/x/y"),
        ("a.long-b", "a.*-b", "long"),
        ("v1", "v?", None),
        ("ctx[1m]", "ctx[1m]", None),
    ],
)
def test_match(asked: str, name: str, captured: str | None) -> None:
    found = table("smart", "gpt-*", "gpt-5", "*", "gpt-5-*", "a.*-b", "v?", "ctx[1m]").match(asked)
    assert found is not None
    assert (found.name, found.captured, found.value) == (name, captured, name.upper())


def test_no_match() -> None:
    assert table("smart", "gpt-*").match("smarter") is None


def test_dots_and_signs_in_globs_are_literal() -> None:
    assert table("a.b*").match("axb1") is None
    assert table("a+*").match("aa1") is None


def test_longer_glob_wins_across_prefixes() -> None:
    found = table("abc*", "*-very-long-tail").match("abc-very-long-tail")
    assert found is not None and found.name == "*-very-long-tail"


def test_many_stars_do_not_backtrack() -> None:
    hostile = "a" * 20_000
    assert table("*a*a*a*a*a*b").match(hostile) is None


def test_names_hold_globs_too() -> None:
    assert table("b", "a*").names() == ["b", "a*"]


def test_suggestion_is_near() -> None:
    names = table("claude-sonnet", "gpt-5-mini", "qwen-*")
    assert names.suggest("gpt-5-mni") == "gpt-5-mini"
    assert names.suggest("zzzzzz") is None
    assert names.suggest("qwen-") is None


def test_suggestion_only_among_allowed() -> None:
    names = table("secret-model", "public-model")
    assert names.suggest("public-mode", lambda value: value == "PUBLIC-MODEL") == "public-model"
    assert names.suggest("secret-mode", lambda value: value == "PUBLIC-MODEL") is None


def test_suggestion_is_bounded_for_absurd_names() -> None:
    assert table("smart").suggest("x" * 1_000_000) is None


def test_names_from_outside_are_not_kept_for_ever() -> None:
    names = table("a-*", "exact")
    for number in range(3 * SIZE):
        assert names.match(f"a-{number}") is not None and names.match(f"b-{number}") is None
    assert len(names.seen) <= SIZE
