from __future__ import annotations

import pytest

from engine.spec.test_case import DialectTest, TestCase

from .reading import accepts, bind, read


def test_a_case_for_a_dialect() -> None:
    text = "{name: n, dialect: d, given: {body: {a: 1}, model: m, features: {x: true}, credential: {key: k}}, stream: 'data: x', expect: {deltas: [], finish: stop}, contains: {usage: {}}}"
    found, binding = bind(TestCase, text)
    assert accepts(TestCase, text)
    assert (found.dialect, found.operation, found.given.body, found.stream) == (
        "d",
        "chat",
        {"a": 1},
        "data: x",
    )
    assert found.expect.finish == "stop" and found.contains.usage == {}
    assert [ref.kind for ref in binding.references] == ["dialect"]


def test_an_error_of_the_upstream() -> None:
    found = read(
        DialectTest,
        "{name: n, error: {status: 429, headers: {retry-after: '5'}, json: {a: 1}}, expect: {error: {class: rate_limit}}}",
    )
    assert (found.error.status, found.error.json, found.expect.error) == (
        429,
        {"a": 1},
        {"class": "rate_limit"},
    )


@pytest.mark.parametrize(
    ("cls", "text"),
    [(DialectTest, "{}"), (DialectTest, "{name: n, stream: a, response: {}}"), (DialectTest, "{name: n, dialect: d}"),
     (DialectTest, "{name: n, error: {status: 4}}"), (DialectTest, "{name: n, error: {status: 400, text: a, json: b}}"),
     (DialectTest, "{name: n, expect: {complet: 1}}"), (TestCase, "{name: n}"), (TestCase, "{name: n, dialect: d, model: m}"),
     (TestCase, "{name: n, dialect: d, expects: {}}")],
)  # fmt: skip
def test_what_is_no_case(cls: type, text: str) -> None:
    assert not accepts(cls, text)
