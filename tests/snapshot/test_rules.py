from __future__ import annotations

import gc

import pytest

from engine.config.site import SiteFiles
from engine.snapshot.cache import Cache
from engine.snapshot.compile import Compilation, compile_site
from engine.snapshot.rules import LONGEST
from tests.gateway.playbook import Environment

USED = """
providers: {p: {dialect: mock, base_url: "scripted:"}}
models: {m: {targets: [p/m], rules: r}}
"""


def compiled(text: str, cache: Cache | None = None) -> Compilation:
    files = {"routes.d/a.yaml": f"version: 1\n{text}".encode()}
    return compile_site(SiteFiles(files), Environment({}), cache=cache)


def told(text: str) -> list[tuple[str, int]]:
    return [(found.code, found.at.line) for found in compiled(text).diagnostics]


@pytest.mark.parametrize(
    ("apply", "code"),
    [
        ("[]", "empty-rule"),
        ("[{regex: '(', with: x}]", "bad-pattern"),
        ("[{regex: '(?=a)b', with: x}]", "bad-pattern"),
        ("[{regex: 'a*', with: x}]", "empty-match"),
        ("[{match: '', with: x}]", "empty-match"),
        ("[{match: a, mask: ab}]", "bad-mask"),
        ("[{regex: 'a+', with: x}]", "unbounded-pattern"),
    ],
)
def test_what_is_wrong_is_told_where_it_stands(apply: str, code: str) -> None:
    assert told(f"rules:\n  r:\n    apply: {apply}{USED}") == [(code, 4)]


def test_a_bound_is_taken_or_the_default() -> None:
    found = compiled(
        "rules:\n  r:\n    apply: [{regex: 'a+', with: x, longest: 9}, {match: abc, with: y}]\n"
        f"  s: {{always: true, apply: [{{regex: 'b+', with: x}}]}}{USED}"
    )
    assert found.snapshot is not None and found.snapshot.rules is not None
    assert [rule.longest for rule in found.snapshot.rules.rules.values()] == [9, LONGEST]
    assert [each.code for each in found.diagnostics] == ["unbounded-pattern"]


def test_names_are_checked() -> None:
    text = (
        "rules:\n  secrets: {apply: [{match: a, with: b}]}\nmodels: {m: {targets: [p/m], rules: [secret]}}\n"
    )
    found = compiled(f"{text}providers: {{p: {{dialect: mock, base_url: 'scripted:'}}}}").diagnostics
    by_code = {each.code: each for each in found}
    assert set(by_code) == {"unknown-rule", "unused-rule"}
    assert by_code["unknown-rule"].hint == "did you mean 'secrets'?"
    assert "no model, provider, client or group names it" in by_code["unused-rule"].message


def test_what_did_not_change_is_not_made_anew_and_nothing_is_left_of_what_was() -> None:
    cache = Cache()
    text = f"rules:\n  r:\n    apply: [{{match: a, with: b}}, {{regex: 'c{{2,3}}', mask: '*'}}]{USED}"
    first = compiled(text, cache).snapshot
    again = compiled(f"{text}# a comment\n", cache).snapshot
    assert first and again and first.rules and again.rules
    assert again.rules.rules["r"] is not None
    assert [each("ccc") for each in again.rules.rules["r"].replacements] == ["b", "***"]
    del first, again, cache
    gc.collect()
    made = compiled(text)
    gc.collect()
    del made


def test_a_site_without_rules_has_no_book() -> None:
    found = compiled("providers: {p: {dialect: mock, base_url: 'scripted:'}}\nmodels: {m: {targets: [p/m]}}")
    assert found.snapshot is not None and found.snapshot.rules is None


def test_where_bytes_are_relayed_rules_do_not_hold() -> None:
    text = (
        "rules: {r: {apply: [{match: a, with: b}]}}\n"
        "providers: {p: {dialect: mock, base_url: 'scripted:', rules: r}}\n"
        "models: {m: {targets: [p/m]}}\nendpoints: {raw: {path: '/raw/{path}', pass: p}}\n"
    )
    assert told(text) == [("rules-not-applied", 5)]
