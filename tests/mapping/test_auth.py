from __future__ import annotations

import hmac
from typing import Any

import pytest

from engine.mapping.request import Rendered
from engine.signing.scheme import Outgoing
from tests.mapping.templates import dialect, good, scope

SENT = Rendered("POST", "/chat?x=1", {"q": "2"}, {}, {})


def applied(auth: str, **names: Any) -> list[tuple[str, str, str]]:
    made = good(f"auth: {auth}")
    given = scope(**names)
    return [added for program in made.auth for added in program.apply(given, SENT)]


def test_a_header() -> None:
    auth = '{header: Authorization, value: "Bearer ${credential.key}"}'
    assert applied(auth, credential={"key": "k"}) == [("header", "Authorization", "Bearer k")]


def test_without_a_key_it_is_left_out() -> None:
    assert applied('{header: Authorization, value: "Bearer ${credential.key}"}') == []
    assert applied("{query: key, value: =credential.key}", credential={"key": None}) == []


def test_several() -> None:
    auth = '[{header: a, value: =credential.id}, {query: key, value: "${credential.key}"}]'
    assert applied(auth, credential={"key": 7, "id": "i"}) == [("header", "a", "i"), ("query", "key", "7")]


def test_a_value_may_be_any_template() -> None:
    auth = "{header: a, value: {$switch: [{when: =params.x, then: one}, {else: two}]}}"
    assert applied(auth, params={}) == [("header", "a", "two")]


def test_it_sees_the_request_as_it_is_sent() -> None:
    auth = '{header: sig, value: "${method} ${path} ${query.q}"}'
    assert good(f"auth: {auth}").auth[0].signs
    assert applied(auth) == [("header", "sig", "POST /chat 2")]
    sent = {"method": "PUT", "path": "/v1/chat", "query": {"q": "3"}}
    assert applied(auth, **sent) == [("header", "sig", "PUT /v1/chat 3")]


def test_an_entry_that_signs_nothing_says_so() -> None:
    assert not good("auth: {header: a, value: =credential.key}").auth[0].signs


def test_an_entry_that_signs_in_a_definition_says_so_too() -> None:
    made = good("defs: {sum: {$do: =sha256(payload)}}\nauth: {header: a, value: {$call: sum}}")
    assert made.auth[0].signs and not made.auth[0].fixed


@pytest.mark.parametrize(
    ("value", "fixed"),
    [
        ("Bearer ${credential.key}", True),
        ("${params.team} ${model}", True),
        ("=constant", True),
        ("=varying", False),
        ("=headers.host", False),
        ("=payload", False),
        ("=now()", False),
        ("=uid('x')", False),
    ],
)
def test_what_is_the_same_for_all_requests(value: str, fixed: bool) -> None:
    lets = "let: {constant: =params.a, varying: =body.a}"
    made, _ = dialect(f'{lets}\nauth: {{header: a, value: "{value}"}}')
    assert made.auth[0].fixed is fixed


def test_it_sees_let() -> None:
    made = good("let: {v: =body.x}\nauth: {header: a, value: =v}")
    assert made.auth[0].apply(scope(body={"x": "y"}), SENT) == [("header", "a", "y")]


def test_a_scheme_has_inputs() -> None:
    made = good("auth: {scheme: sigv4, region: =params.region, service: s3}")
    program = made.auth[0]
    assert (program.kind, program.name) == ("scheme", "sigv4")
    assert program.inputs(scope(params={"region": "eu"})) == {"region": "eu", "service": "s3"}
    assert program.apply(scope(), SENT) == []
    assert program.signs and not program.fixed


def test_a_scheme_signs_what_is_sent() -> None:
    made = good('auth: {scheme: hmac, name: X-Sign, text: "${method} ${path} ${payload}"}')
    sent = Outgoing("POST", "https://a.test/chat", {}, b"{}", 0)
    given = scope(credential={"key": "k"}, method="POST", path="/chat", payload="{}")
    expected = hmac.new(b"k", b"POST /chat {}", "sha256").hexdigest()
    assert made.auth[0].sign(given, sent).headers == {"x-sign": expected}


def test_inputs_of_a_scheme_are_checked() -> None:
    found = dialect("auth: {scheme: sigv4, regoin: eu}")[1]
    assert [(item.code, item.at.column, item.hint) for item in found] == [
        ("missing-key", 7, None),
        ("unknown-key", 23, "did you mean 'region'?"),
    ]


def test_two_ways_in_one_entry() -> None:
    found = dialect("auth: {header: a, value: =credential.key, scheme: hmac, name: x, text: y}")[1]
    assert [(item.code, item.message) for item in found] == [
        ("conflicting-keys", "`header` and `scheme` exclude each other; one of them is inherited")
    ]


def test_an_unknown_scheme() -> None:
    found = dialect("auth: {scheme: sigv}")[1]
    assert [(item.code, item.at.column, item.hint) for item in found] == [
        ("unknown-scheme", 16, "did you mean 'sigv4'?")
    ]
