from __future__ import annotations

import json
import random
from typing import Any

import pytest

from engine.rules.automaton import Pattern
from engine.rules.json_text import JsonText
from engine.rules.rewriter import Chain, Rewriter
from tests.rules.matching import Simple

RULE = Simple(Pattern("secret"), Pattern('"x"'), Pattern("\U0001f600é"))


def rewriter() -> JsonText:
    return JsonText(Chain([Rewriter(RULE)]))


def cut(text: str, chance: random.Random) -> str:
    made, out, at = rewriter(), "", 0
    while at < len(text):
        size = chance.randint(1, 5)
        out += made.feed(text[at : at + size])
        at += size
    return out + made.end()


CASES: list[tuple[Any, Any]] = [
    ({"secret": "a secret", "n": [1, "secret", {"secret": "secret"}]},) * 1
    + ({"secret": "a <0>", "n": [1, "<0>", {"secret": "<0>"}]},),
    ({"a": 'say "x" now', "b": "\n\t\\ \u00e9"}, {"a": "say <1> now", "b": "\n\t\\ \u00e9"}),
    ({"a": "\U0001f600é", "b": "\U0001f600"}, {"a": "<2>", "b": "\U0001f600"}),
    ("secret", "<0>"),
    ([[], {}, "secret", [{"a": []}, "secret"]], [[], {}, "<0>", [{"a": []}, "<0>"]]),
    ({'a"b': "secret", "c\\": "secret"}, {'a"b': "<0>", "c\\": "<0>"}),
]


@pytest.mark.parametrize("ascii_only", [True, False])
@pytest.mark.parametrize(("before", "after"), CASES)
def test_values_are_rewritten_and_keys_are_not(before: Any, after: Any, ascii_only: bool) -> None:
    text = json.dumps(before, ensure_ascii=ascii_only, indent=1)
    assert json.loads(rewriter().whole(text)) == after
    chance = random.Random(7)
    for _ in range(40):
        assert cut(text, chance) == rewriter().whole(text)


def test_what_holds_no_match_keeps_its_form() -> None:
    text = '{ "a" : [ 1.50, true, null ],\n "b":"c" }'
    assert rewriter().whole(text) == text


@pytest.mark.parametrize(
    "text",
    ["secret", "{secret: 1}", "]]", '{"a": "secr', '{"a": "x\\', '{"a": "\\ud83d', '{"a": "\\q secret"}'],
)
def test_what_is_no_json_passes(text: str) -> None:
    assert rewriter().whole(text) == text
    assert cut(text, random.Random(1)) == text


def test_half_a_surrogate_pair_stays_an_escape() -> None:
    text = '{"a": "\\ud83d secret"}'
    assert rewriter().whole(text) == '{"a": "\\ud83d <0>"}'


def test_it_begins_anew() -> None:
    made = rewriter()
    assert (
        made.whole('{"a": "secr') == '{"a": "secr'
        and made.whole('{"secret": "secret"}') == '{"secret": "<0>"}'
    )
