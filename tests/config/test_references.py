from __future__ import annotations

import time

import pytest

from engine.config.document import ParsedFile, read_file
from engine.config.references import check
from engine.diagnostics import Diagnostic

from .cases import SHIPPED, Secrets

BASE = "version: 1\nproviders: {p: {dialect: openai, base_url: https://h}}\nmodels: {m: {targets: [p/x]}}\n"


def parse(**files: str) -> dict[str, ParsedFile]:
    return {
        f"{name}.yaml": read_file(f"{name}.yaml", f"version: 1\n{text}".encode(), Secrets())
        for name, text in files.items()
    }


def found(**files: str) -> list[Diagnostic]:
    return check(parse(**files), SHIPPED)


def said(**files: str) -> list[str]:
    return [f"{item.at} {item.code}" for item in found(**files)]


PROVIDER = "providers: {p: {dialect: openai, base_url: https://h}}"


def test_references_across_files_are_fine() -> None:
    assert said(a=PROVIDER, b="models: {m: {targets: [p/x]}}") == []


def test_a_diagnostic_stands_in_the_file_that_refers_and_names_what_is_missing() -> None:
    (item,) = found(b="models: {m: {targets: [p/x]}}", a="models: {n: {targets: []}}")
    assert (str(item.at), item.missing_name) == ("b.yaml:2:24", ("provider", "p"))


def test_of_duplicates_the_later_file_is_at_fault() -> None:
    later = f"{PROVIDER}\nmodels: {{m: {{targets: [p/x]}}}}"
    (item,) = found(z=PROVIDER, b=later)
    assert str(item.at) == "z.yaml:2:13" and item.message == "provider 'p' is already declared in b.yaml:2"
    assert [str(other.at) for other in item.related] == ["b.yaml:2:13"]


def test_a_glob_alias_stands_for_the_names_it_matches() -> None:
    models = 'models: {"fast-*": {targets: [p/x]}, m: {targets: [p/x], fallback: [fast-1]}}'
    assert said(a=PROVIDER, b=models) == []


def test_a_cycle_through_several_files_names_all_its_places() -> None:
    (item,) = found(
        a=f"{PROVIDER}\nmodels: {{a: {{targets: [p/x], fallback: [b]}}}}",
        b="models: {b: {targets: [p/x], fallback: [c]}}",
        c="models: {c: {targets: [p/x], fallback: [a]}}",
    )
    assert (item.code, item.message) == ("fallback-cycle", "fallback goes round in a circle: a → b → c → a")
    assert [item.at.file, *(other.at.file for other in item.related)] == ["c.yaml", "a.yaml", "b.yaml"]


def test_a_dialect_may_extend_the_shipped_one_that_it_shadows() -> None:
    assert said(a="dialects: {openai: {extends: openai}}") == ["a.yaml:2:12 shadows-shipped"]
    assert said(a="dialects: {mine: {extends: mine}}") == ["a.yaml:2:28 extends-cycle"]


@pytest.mark.parametrize(("optional", "codes"), [("true", []), ("false", ["missing-env"])])
def test_missing_secrets_of_optional_providers_are_no_error(optional: str, codes: list[str]) -> None:
    text = f'providers: {{p: {{dialect: openai, base_url: https://h, key: "${{env:NOPE}}", optional: {optional}}}}}'
    assert [item.code for item in found(a=text, b="models: {m: {targets: [p/x]}}")] == codes


def test_a_pool_is_excused_when_all_its_users_are_optional() -> None:
    pool = 'pools: {q: {credentials: [{key: "${env:NOPE}"}]}}'
    use = "providers: {%s: {dialect: openai, base_url: https://h, pool: q, optional: %s}}\nmodels: {%s: {targets: [%s/x]}}"
    first, second = use % ("a", "true", "a", "a"), use % ("b", "true", "b", "b")
    assert said(a=pool, b=first, c=second) == []
    assert said(a=pool, b=first, c=use % ("b", "false", "b", "b")) == ["a.yaml:2:34 missing-env"]


def test_thousands_of_files_are_one_pass() -> None:
    """2,000 files that refer to one another, with access lists; far below the time a reload may take."""
    text = (
        "version: 1\nproviders: {{p{n}: {{dialect: openai, base_url: https://h}}}}\n"
        "models: {{m{n}: {{targets: [p{n}/x], fallback: [m{before}], access: {{clients: [c{n}]}}}}}}\n"
        'clients: {{c{n}: {{key: "${{env:KEY}}", models: ["m{n}*", m{n}]}}}}\n'
    )
    files = {
        f"{n:05}.yaml": read_file(f"{n:05}.yaml", text.format(n=n, before=max(n - 1, 0)).encode(), Secrets())
        for n in range(2000)
    }
    start = time.process_time()
    assert [item.code for item in check(files, SHIPPED)] == ["fallback-cycle"]
    assert time.process_time() - start < 2.0
