from __future__ import annotations

import random

import pytest

from engine.rules.automaton import Pattern
from engine.rules.rewriter import Chain, Rewriter
from tests.rules.matching import Simple, by_re

PATTERNS = (
    "a+b", "[ab]+c", "a{2,3}", "(?:ab|a)b?", r"\bfoo\b", "x.y", "^a", "b$", r"\d+\.\d+", r"\w+@\w+", "(?s:x.y)", "(?m:^b)",
)  # fmt: skip


def whole(rule: Simple, text: str) -> str:
    return Chain([Rewriter(rule)]).whole(text)


def cut(rule: Simple, text: str, sizes: list[int]) -> str:
    """The same in pieces of these sizes, over and over; what is held back is within its bound."""
    rewriter, out, at = Rewriter(rule), "", 0
    while at < len(text):
        for size in sizes:
            out += rewriter.feed(text[at : at + size])
            at += size
            assert len(rewriter._held) <= rule.longest
            assert len(rewriter._held) < rule.longest or any(p.words or p.regex for p in rule.patterns)
    return out + rewriter.end()


@pytest.mark.parametrize("seed", range(60))
def test_literals_are_what_re_makes_of_them_wherever_the_text_is_cut(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(20):
        patterns = [
            Pattern(
                "".join(chance.choices("abB ", k=chance.randint(1, 5))),
                ignore_case=chance.random() < 0.3,
                words=chance.random() < 0.3,
            )
            for _ in range(chance.randint(1, 4))
        ]
        rule, text = Simple(*patterns), "".join(chance.choices("abB ", k=chance.randint(0, 40)))
        wanted = by_re(patterns, text)
        assert whole(rule, text) == wanted, (patterns, text)
        for sizes in ([1], [chance.randint(1, 6) for _ in range(5)]):
            assert cut(rule, text, sizes) == wanted, (patterns, text, sizes)


@pytest.mark.parametrize("seed", range(60))
def test_patterns_give_the_same_wherever_the_text_is_cut(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(20):
        patterns = [Pattern(text, regex=True) for text in chance.sample(PATTERNS, chance.randint(1, 3))]
        rule = Simple(*patterns, longest=chance.choice((5, 12, 100)))
        text = "".join(chance.choices("aabbc fox\ny1.@", k=chance.randint(0, 60)))
        wanted = whole(rule, text)
        if rule.longest == 100 and len(patterns) == 1:
            assert wanted == by_re(patterns, text), (patterns, text)
        for sizes in ([1], [chance.randint(1, 9) for _ in range(5)]):
            assert cut(rule, text, sizes) == wanted, (patterns, text, sizes)


def test_a_longer_match_than_may_be_is_taken_in_pieces() -> None:
    rule = Simple(Pattern(r"\d+", regex=True), longest=4)
    assert whole(rule, "1234567890") == "<0><0><0>"
    mail = Simple(Pattern(r"\w+@\w+", regex=True), longest=8)
    assert whole(mail, "a@b") == "<0>" and cut(mail, "0123456789ab@cd", [1]) == whole(mail, "0123456789ab@cd")


def test_of_two_at_one_place_the_first_counts_and_of_its_matches_the_longest() -> None:
    assert whole(Simple(Pattern("foo"), Pattern("foobar")), "foobar") == "<0>bar"
    assert whole(Simple(Pattern("foobar"), Pattern("foo")), "foobar foo") == "<0> <1>"
    assert whole(Simple(Pattern("a|ab|abc", regex=True)), "abcd") == "<0>d"


def test_what_was_put_in_is_not_looked_at_again_but_by_the_next_rule() -> None:
    rule = Simple(Pattern("0"), Pattern("x"))
    assert whole(rule, "x") == "<1>"
    following = Simple(Pattern("<1>"))
    assert Chain([Rewriter(rule), Rewriter(following)]).whole("ax") == "a<0>"
    chain = Chain([Rewriter(rule), Rewriter(following)])
    assert chain.feed("a") + chain.feed("x") + chain.feed("b") + chain.end() == "a<0>b"


def test_nothing_waits_that_cannot_become_a_match() -> None:
    rewriter = Rewriter(Simple(Pattern("secret")))
    assert rewriter.feed("a se") == "a " and rewriter.feed("t") == "set"
    assert rewriter.feed("secret") == "<0>" and rewriter.feed("x") == "x"
    assert rewriter.feed("") == "" and rewriter.end() == ""


def test_an_end_gives_what_waits_and_begins_anew() -> None:
    rewriter = Rewriter(Simple(Pattern("^ab", regex=True)))
    assert (rewriter.feed("a"), rewriter.end(), rewriter.feed("ab"), rewriter.end()) == ("", "a", "<0>", "")


def test_matches_are_counted() -> None:
    counted: list[int] = []
    rewriter = Rewriter(Simple(Pattern("ab")), lambda: counted.append(1))
    assert rewriter.feed("ababa") + rewriter.end() == "<0><0>a"
    assert len(counted) == 2


def test_the_time_is_linear_in_the_text() -> None:
    """Counted in steps: a pattern that backtracks would need as many as the square."""
    rule = Simple(Pattern("(?:a+)+b", regex=True))
    steps = 0
    step = rule.automaton.step

    def counting(number: int, char: str) -> object:
        nonlocal steps
        steps += 1
        return step(number, char)

    rule.automaton.step = counting  # type: ignore[method-assign,assignment]
    assert whole(rule, "a" * 5000) == "a" * 5000
    assert steps <= 2 * 5001
