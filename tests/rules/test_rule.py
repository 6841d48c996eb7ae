from __future__ import annotations

from engine.rules.automaton import Automaton, Pattern
from engine.rules.rule import Rule, RuleBook


def rule(name: str, on: set[str], parts: set[str]) -> Rule:
    automaton = Automaton([Pattern(name)])
    return Rule(name, frozenset(on), frozenset(parts), automaton, (lambda _: "",), len(name))


BOTH = {"request", "answer"}


def test_rules_apply_in_order_and_once() -> None:
    book = RuleBook({"a": rule("a", BOTH, {"text"}), "b": rule("b", {"answer"}, {"text", "system"})}, ["b"])
    applied = book.applied["a", "b", "a", "unknown"]
    assert applied is not None
    assert [each.name for each in applied.answer["text"]] == ["b", "a"]
    assert [each.name for each in applied.request["text"]] == ["a"] and "system" not in applied.request
    assert (applied.names("request"), applied.names("answer")) == (("a",), ("b", "a"))


def test_where_none_holds_there_is_nothing_to_do() -> None:
    book = RuleBook({"a": rule("a", BOTH, {"text"})}, [])
    assert book.applied[()] is None and book.applied["a",] is book.applied["a",]
