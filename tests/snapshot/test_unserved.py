"""What the language names and this version does not do."""

from __future__ import annotations

from tests.snapshot.sites import MOCK, compiled


def test_what_this_version_does_not_do_is_never_passed_over() -> None:
    text = "dialects: {d: {extends: mock, operations: {search: {request: {path: /m}}}}}"
    outcome = compiled(mock=MOCK, a=text)
    found = [item for item in outcome.diagnostics if item.code == "not-in-this-version"]
    assert [item.is_error for item in found] == [False]


def test_a_feature_that_is_off_is_not_missed() -> None:
    assert compiled(mock=MOCK, a="models: {a: {targets: [mock/x], breaker: off}}").diagnostics == ()
