from __future__ import annotations

import gc

import pytest

from engine.expression.regex import EDGE, PatternError
from engine.rules import automaton
from engine.rules.automaton import BEGIN, FEW, NONE, Automaton, Pattern, Width, width


def regex(text: str) -> Pattern:
    return Pattern(text, regex=True)


def read(patterns: list[Pattern], text: str) -> Automaton:
    """An automaton that has read a text."""
    made = Automaton(patterns)
    made.learn(text)
    number = made.number(BEGIN[EDGE])
    for char in text:
        number = made.step(number, char).state
    return made


def test_where_a_match_may_begin() -> None:
    made = read([regex("[ab]c"), Pattern("X", ignore_case=True)], "..c.bxX")
    assert [made.begins("..c.bxX", at) for at in range(8)] == [4, 4, 4, 4, 4, 5, 6, None]


def test_a_literal_that_is_not_all_there_begins_no_match_but_at_the_end() -> None:
    made = read([Pattern("secret"), Pattern("ecr")], "")
    for text, begins in (("se.......se", 9), ("s.secret.s", 2), ("....secr", 4), ("........", None)):
        made.learn(text)
        assert made.begins(text, 0) == begins


def test_many_literals_are_found_by_their_first_character() -> None:
    made = read([Pattern(f"{chr(97 + n % 26)}{n}") for n in range(FEW + 1)], "zz9 a0")
    assert made.begins("..a..", 0) == 2 and made.begins(".....", 0) is None


def test_a_state_says_when_nothing_can_change_any_more() -> None:
    made = Automaton([Pattern("ab"), Pattern("abc")])
    first = made.step(made.number(BEGIN[EDGE]), "a")
    assert (first.kept, first.sure, first.decided) == ((0,), NONE, False)
    assert made.step(first.state, "b").sure == 0  # the first pattern wins, whatever follows
    longer = Automaton([Pattern("abc"), Pattern("ab")])
    first = longer.step(longer.number(BEGIN[EDGE]), "a")
    second = longer.step(first.state, "b")
    assert second.sure == NONE and longer.step(second.state, "x").owner == 1
    assert longer.step(second.state, "x").decided and longer.step(second.state, "c").sure == 0


def test_what_began_later_is_dropped_where_the_earlier_one_can_do_the_same() -> None:
    made = Automaton([regex("[a-z]+@")])
    number = made.number(BEGIN[EDGE])
    for _ in range(50):
        number = made.step(number, "a").state
    assert len(made.state(number).groups) == 1


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        (Pattern("a+b"), Width(3, 3)),
        (regex("a{2,5}b?"), Width(2, 6)),
        (regex("a+"), Width(1, None)),
        (regex("a*"), Width(0, None)),
        (regex(r"\bfoo\b"), Width(3, 3)),
        (regex("x|yyy"), Width(1, 3)),
    ],
)
def test_how_long_matches_are(pattern: Pattern, found: Width) -> None:
    assert width(pattern) == found


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("(", "not a valid pattern"),
        (r"(a)\1", "needs backtracking"),
        ("(?=a)b", "needs backtracking"),
        ("a" * 1001, "longer than 1000"),
        ("(" * 499 + "a" + ")" * 499, "nests too deep"),
        ("(?:a{999}){99}", "too large"),
    ],
)
def test_what_is_no_pattern(text: str, told: str) -> None:
    with pytest.raises(PatternError, match=told):
        Automaton([regex(text)])


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(automaton, "MAX_KEPT", 50)
    monkeypatch.setattr(automaton, "MAX_KNOWN", 30)
    made = Automaton([regex("[^x]{3}y")])
    text = "".join(chr(0x400 + number) for number in range(300))
    number = made.number(BEGIN[EDGE])
    for char in text:
        made.learn(char)
        number = made.step(number, char).state
        assert made.begins(char, 0) == 0
    assert len(made._states) <= 50 and len(made._known) <= 32


def test_it_is_part_of_no_cycle() -> None:
    gc.collect()
    read([regex("a+b"), Pattern("c", words=True)], "aab c")
    assert gc.collect() == 0
