from __future__ import annotations

import pytest

from engine.config.interpolate import fill
from engine.config.structure import check
from engine.config.yaml import parse_yaml
from engine.diagnostics import Diagnostic, Problems

from .cases import Secrets


def faults(text: str, kind: str = "route", *, mock: bool = False) -> list[Diagnostic]:
    problems = Problems()
    root = parse_yaml("f", ("version: 1\n" + text if kind == "route" else text).encode(), problems)
    assert root is not None
    filled = fill(root, Secrets(), problems, mock=mock).node
    check(filled, kind, problems, mock=mock)  # type: ignore[arg-type]
    return problems.items


def provider(more: str) -> str:
    return f"providers: {{p: {{dialect: openai, base_url: https://h, {more}}}}}"


@pytest.mark.parametrize(
    "more",
    ['http2: "${env:FLAG}"', 'limits: {rpm: "${env:PORT}"}', 'retry: {budget: "${env:NOPE:-0.5}"}',
     'timeout: {total: "${env:NOPE:-5s}"}', 'optional: "${env:NOPE:-false}"', 'mode: "${env:NOPE:-always}"'],
)  # fmt: skip
def test_text_of_the_environment_becomes_what_is_wanted(more: str) -> None:
    assert faults(provider(more)) == []


def test_a_converted_value_is_checked_like_any_other() -> None:
    (item,) = faults(provider('limits: {rpm: "${env:NOPE:-0}"}'))
    assert item.code == "out-of-range" and item.path == "providers.p.limits.rpm"
    assert "env:NOPE" in item.message and item.secret


def test_a_value_of_the_environment_is_never_shown() -> None:
    found = faults(provider('mode: "${env:KEY}", timeout: {total: "${env:KEY}"}, http2: "${env:KEY}"'))
    assert sorted(item.code for item in found) == ["bad-duration", "unknown-value", "wrong-type"]
    assert all("s3cr3t" not in f"{item.message}{item.hint}" and item.secret for item in found)


def test_what_is_missing_or_mocked_is_no_fault_of_the_structure() -> None:
    text = provider('mode: "${env:NOPE}", timeout: {total: "${env:NOPE}"}, http2: "${env:NOPE}"')
    assert faults(text) == [] and faults(text, mock=True) == []


@pytest.mark.parametrize("mock", [True, False])
@pytest.mark.parametrize("name", ["NOPE", "KEY"])
def test_an_unknown_key_is_one_whatever_its_value(name: str, mock: bool) -> None:
    (item,) = faults(provider(f'kye: "${{env:{name}}}"'), mock=mock)
    assert (item.code, item.hint) == ("unknown-key", "did you mean 'key'?")


def test_every_fault_is_at_its_own_token() -> None:
    found = faults(
        "models:\n  a:\n    strategy: fast\n    targets:\n      - p/x\n      - {weigth: 1, provider: 5}\n"
    )
    assert sorted((item.at.line, item.at.column, item.path) for item in found) == [
        (4, 15, "models.a.strategy"),
        (7, 10, "models.a.targets.1.weigth"),
        (7, 31, "models.a.targets.1.provider"),
    ]


def test_one_typo_is_one_diagnostic() -> None:
    for text in (
        "modls: {}",
        "models: {a: {target: [p/x]}}",
        "endpoints: {e: {path: /x, surfce: x, action: y}}",
    ):
        assert len(faults(text)) == 1, text


def test_broken_objects_are_named() -> None:
    problems = Problems()
    root = parse_yaml("f", b"version: 1\nmodels: {a.b: {zz: 1}, c: {}}\npools: 5\n", problems)
    assert root is not None
    assert check(root, "route", problems) == {("models", "a.b"), ("pools",)}


def test_site_and_test_files_have_their_own_structure() -> None:
    assert [item.message for item in faults("listen: {prt: 1}", "site")] == ["unknown key 'prt' in listen"]
    assert [item.message for item in faults("tests: []\nmodels: {}", "test")] == [
        "unknown key 'models' in a test file"
    ]


def test_a_misspelt_key_is_not_missing_too() -> None:
    text = b"version: 1\nproviders: {p: {dailect: d, base_url: 'https://a'}}\nmodels: {m: {targets: [{provder: p}]}}\n"
    problems = Problems()
    tree = parse_yaml("f", text, problems)
    assert tree is not None
    broken = check(tree, "route", problems)
    assert [(item.at.line, item.code) for item in problems.items] == [(2, "unknown-key"), (3, "unknown-key")]
    assert broken == {("providers", "p"), ("models", "m")}
