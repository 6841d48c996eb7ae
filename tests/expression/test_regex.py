from __future__ import annotations

import re
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.expression import regex
from engine.expression.regex import PatternError, compile_pattern

PATTERNS = [
    "a", "^a", "a\\Z", "^\\Z", "", "a*b", "(a|ab)(c|bcd)*\\Z", "\\bab\\b", "\\Bb", "[^a-c]d", "a{2,3}", "(ab){2}",
    "a{0}b", "a{2,}\\Z", "(?s)a.c", "a.c", "(?m)^b", "(?m)a$", "\\d+\\s\\w", "\\D\\S\\W", "(a*)*b", "a+?b",
    "(?i)aB", "(?i:a)b", "(?i)[^a]b", "(?i)[a-b]c", "(?i)[^b]\\Z", "x?a?b?\\Z", "[\\d\\-a]", "(?P<n>a)b", "a|",
    "(?:){1000}a", "(a?){20}b", "(?x) a b # comment",
]  # fmt: skip


@pytest.mark.parametrize("pattern", PATTERNS)
@settings(max_examples=50)
@given(text=st.text(alphabet="abcdABx \n1-_é", max_size=8))
def test_it_finds_what_python_finds(pattern: str, text: str) -> None:
    assert compile_pattern(pattern).search(text) == bool(re.search(pattern, text))


def test_the_end_is_the_very_end() -> None:
    assert compile_pattern("a$").search("a")
    assert not compile_pattern("a$").search("a\n")


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("(a+)+$", "a" * 50_000 + "b"),
        ("(a|a)*b", "a" * 50_000),
        ("(a*)*(a*)*c", "a" * 50_000),
        ("(.*)(.*)(.*)(.*)x", "a" * 50_000),
        ("a?" * 30 + "a" * 30 + "b", "a" * 50_000),
    ],
)
def test_work_does_not_grow_with_the_text_once_its_states_are_known(pattern: str, text: str) -> None:
    compile_pattern.cache_clear()
    matcher = compile_pattern(pattern)
    assert not matcher.search(text)
    assert 0 < matcher.work < 10_000


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("(a)\\1", "groupref is not supported: it needs backtracking"),
        ("(?=a)", "assert is not supported: it needs backtracking"),
        ("(?<!a)b", "assert not is not supported: it needs backtracking"),
        ("(?>a)", "atomic group is not supported: it needs backtracking"),
        ("a++", "possessive repeat is not supported: it needs backtracking"),
        ("(a)(?(1)b|c)", "groupref exists is not supported: it needs backtracking"),
        ("(?a)x", "the flag (?a) is not supported"),
        ("(", "not a valid pattern: missing ), unterminated subpattern at position 0"),
        ("a{99999999999999}", "not a valid pattern: the repetition number is too large"),
        ("(a{1000}){1000}", "the pattern is too large"),
        ("a" * 1001, "the pattern is longer than 1000 characters"),
        ("(" * 500 + ")" * 500, "the pattern nests too deep"),
    ],
)
def test_what_has_no_linear_time_is_refused(pattern: str, message: str) -> None:
    with pytest.raises(PatternError) as caught:
        compile_pattern(pattern)
    assert str(caught.value) == message


def test_a_pattern_that_is_too_costly_for_its_text_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regex, "MAX_WORK", 1_000)
    compile_pattern.cache_clear()
    with pytest.raises(PatternError, match="too costly"):
        compile_pattern("(a|b)*a(a|b){30}c").search("".join(Random(7).choices("ab", k=5_000)))


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regex, "MAX_KEPT", 50)
    compile_pattern.cache_clear()
    matcher = compile_pattern("[^é]*é\\Z")
    assert matcher.search("".join(map(chr, range(0x4E00, 0x5200))) + "é")
    assert matcher.kept <= 50
