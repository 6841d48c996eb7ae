from __future__ import annotations

from typing import Any

from engine.mapping.request import Rendered
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


def test_it_sees_let() -> None:
    made = good("let: {v: =body.x}\nauth: {header: a, value: =v}")
    assert made.auth[0].apply(scope(body={"x": "y"}), SENT) == [("header", "a", "y")]


def test_a_scheme_has_inputs() -> None:
    made = good("auth: {scheme: sign, region: =params.region, service: s3}", schemes=frozenset({"sign"}))
    program = made.auth[0]
    assert (program.kind, program.name) == ("scheme", "sign")
    assert program.inputs(scope(params={"region": "eu"})) == {"region": "eu", "service": "s3"}
    assert program.apply(scope(), SENT) == []


def test_an_unknown_scheme() -> None:
    found = dialect("auth: {scheme: sigv}", schemes=frozenset({"sigv4"}))[1]
    assert [(item.code, item.at.column, item.hint) for item in found] == [
        ("unknown-scheme", 16, "did you mean 'sigv4'?")
    ]
