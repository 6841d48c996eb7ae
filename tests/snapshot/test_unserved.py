"""What the language names and this version does not do."""

from __future__ import annotations

import pytest

from tests.snapshot.sites import MOCK, compiled


@pytest.mark.parametrize(
    ("text", "is_error"),
    [
        ("clients: {x: {key: 'sha256:" + "0" * 64 + "', ips: [10.0.0.0/8]}}", True),
        ("clients: {x: {key: 'sha256:" + "0" * 64 + "', limits: {rpm: 3}}}", False),
        ("models: {a: {targets: [mock/x], strategy: lowest_cost}}", True),
        ("models: {a: {targets: [mock/x], price: {input: 1}}}", False),
        ("endpoints: {e: {path: /x, action: complete}}", True),
        ("dialects: {d: {extends: mock, login: {start: {}}}}", False),
        ("dialects: {d: {extends: mock, operations: {models: {request: {path: /m}}}}}", False),
        ("pools: {p: {credentials: [{id: a, key: k, limits: {rpm: 1}}]}}", False),
        ("conversations: {main: {keep: 5}}", False),
        ("endpoints: {e: {path: /x, surface: openai-chat, errors: detail}}", False),
        ("endpoints: {e: {path: '/p/{path}', pass: mock, stream: {each: x}}}", False),
    ],
)
def test_what_this_version_does_not_do_is_never_passed_over(text: str, is_error: bool) -> None:
    outcome = compiled(mock=MOCK, a=text)
    found = [item for item in outcome.diagnostics if item.code == "not-in-this-version"]
    assert [item.is_error for item in found] == [is_error]


def test_the_place_is_that_of_the_key() -> None:
    text = """
        models:
          a:
            targets: [mock/x]
            strategy: lowest_cost
            price: {input: 1}
    """
    found = compiled(mock=MOCK, a=text).diagnostics
    assert [(item.at.line, item.at.column, item.path) for item in found] == [
        (5, 5, "models.a.strategy"),
        (6, 5, "models.a.price"),
    ]


def test_a_feature_that_is_off_is_not_missed() -> None:
    assert compiled(mock=MOCK, a="models: {a: {targets: [mock/x], breaker: off}}").diagnostics == ()
