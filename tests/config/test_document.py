from __future__ import annotations

import hashlib

import pytest

from engine.config.document import ParsedFile, read_file
from engine.config.references import check
from engine.diagnostics import in_order

from .cases import CASES, SHIPPED, Secrets, split


def read(text: str, file: str = "routes.d/a.yaml", *, mock: bool = False) -> ParsedFile:
    return read_file(file, text.encode(), Secrets(), mock=mock)


def test_a_good_file() -> None:
    text = 'version: 1\nproviders: {p: {dialect: d, base_url: https://h, pool: q}}\nmodels: {"m*": {targets: ["p/*"]}}\n'
    file = read(text)
    assert file.diagnostics == () and file.document is not None
    assert file.sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert {name: str(at) for name, at in file.names.items()} == {
        ("provider", "p"): "routes.d/a.yaml:2:13",
        ("model", "m*"): "routes.d/a.yaml:3:10",
    }
    assert [(ref.kind, ref.name, ref.path, ref.at.column) for ref in file.references] == [
        ("dialect", "d", ("providers", "p", "dialect"), 26),
        ("pool", "q", ("providers", "p", "pool"), 56),
        ("provider", "p", ("models", "m*", "targets", 0, "provider"), 27),
    ]


def test_names_and_references_of_broken_objects_count() -> None:
    """The users of a broken object are not at fault, and neither is what it uses."""
    file = read("version: 1\nproviders: {p: {dialect: d, zz: 1}}\npools: {q: 5}\n")
    assert set(file.names) == {("provider", "p"), ("pool", "q")}
    assert [ref.name for ref in file.references] == ["d"]
    assert file.document is not None and not file.document.providers


def test_a_bad_value_leaves_the_rest_of_the_file_readable() -> None:
    file = read("version: 1\nclients: {a: {key: k, limits: {rpm: x, tpm: 5}}, b: 5, c: {key: k}}\n")
    assert file.document is not None and list(file.document.clients) == ["a", "c"]
    limits = file.document.clients["a"].limits
    assert limits is not None and (limits.rpm, limits.tpm) == (None, 5)


def test_broken_yaml_has_no_tree() -> None:
    file = read("a: [")
    assert file.document is None and len(file.diagnostics) == 1


def test_missing_secrets_know_their_owner() -> None:
    file = read('version: 1\npools: {q: {credentials: [{key: "${env:NOPE}"}]}}\n')
    assert [(gap.owner, gap.source, str(gap.at)) for gap in file.missing] == [
        (("pools", "q"), "env:NOPE", "routes.d/a.yaml:2:34")
    ]
    assert file.diagnostics == ()


def test_a_test_file_holds_tests_only() -> None:
    file = read("tests: [{name: t, dialect: d, expect: {}}]", "routes.d/a.test.yaml")
    assert file.diagnostics == () and file.document is not None
    assert [case.name for case in file.document.tests] == ["t"] and not file.names
    assert (
        read("version: 1\nmodels: {}\ntests: []", "routes.d/a.test.yaml").diagnostics[0].code == "unknown-key"
    )


def test_everything_on_a_line_with_a_secret_is_marked() -> None:
    file = read("version: 1\nclients:\n  a: {key: plain, zz: 1}\n  b: {zz: 1}\n")
    assert [(item.at.line, item.code, item.secret) for item in file.diagnostics] == [
        (3, "plain-secret", True), (3, "unknown-key", True), (4, "missing-key", False), (4, "unknown-key", False),
    ]  # fmt: skip


@pytest.mark.parametrize("path", sorted(CASES.glob("*.yaml")), ids=lambda path: path.stem)
def test_with_mocked_secrets_nothing_is_missing(path: object) -> None:
    files, _ = split(path.read_bytes().decode())  # type: ignore[attr-defined]
    parsed = {name: read_file(name, raw, Secrets(), mock=True) for name, raw in files.items()}
    found = [item for file in parsed.values() for item in file.diagnostics]
    codes = {item.code for item in in_order([*found, *check(parsed, SHIPPED)])}
    assert not codes & {"missing-env", "missing-file"}
    assert all("s3cr3t" not in item.message for item in found)
