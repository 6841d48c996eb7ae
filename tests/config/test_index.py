from __future__ import annotations

from engine.config.document import read_file
from engine.config.index import MOST_SUGGESTIONS, Index

from .cases import SHIPPED, Secrets


def index(**files: str) -> Index:
    parsed = {
        name: read_file(name, f"version: 1\n{text}".encode(), Secrets()) for name, text in files.items()
    }
    return Index(parsed, SHIPPED)


def test_the_first_declaration_in_path_order_counts() -> None:
    made = index(b="models: {m: {}}", a="\nmodels: {m: {}, n: {}}")
    assert {name: str(at) for name, at in made.declared.items()} == {
        ("model", "m"): "a:3:10", ("model", "n"): "a:3:17",
    }  # fmt: skip


def test_names_by_kind_hold_what_is_shipped() -> None:
    assert index(a="dialects: {mine: {}}").by_kind["dialect"] == ["mine", "anthropic", "openai"]


def test_suggestions_are_given_up_after_many() -> None:
    made = index(a="models: {alpha: {}}")
    assert made.suggest("model", "alpah") == made.suggest("model", "alpah") == "alpha"
    for number in range(MOST_SUGGESTIONS):
        made.suggest("model", f"zz{number}")
    assert made.suggest("model", "alphaa") is None and made.suggest("model", "alpah") == "alpha"


def test_an_exact_alias_beats_a_glob_and_a_longer_glob_a_shorter_one() -> None:
    made = index(a='models: {"a*": {}, "abc*": {}, abcd: {}}')
    assert [made.resolve("model", name) for name in ("abcd", "abcx", "ax", "x")] == [
        "abcd",
        "abc*",
        "a*",
        None,
    ]
    assert made.resolve("dialect", "openai") == "openai" and made.resolve("pool", "openai") is None


def test_references_by_where_they_stand() -> None:
    made = index(a="models: {m: {targets: [p/x], fallback: [n]}}", b="models: {n: {fallback: [m]}}")
    assert [reference.name for reference in made.placed["models", "fallback"]] == ["n", "m"]
