"""Calls of our own: signed for a probe, as they are written for a login; errors without secrets."""

from __future__ import annotations

import pytest

from engine.credentials.model import Credential
from engine.errors import EngineError, ErrorClass
from engine.gateway.errand import reach, try_operation, unsigned_call
from engine.mapping.request import Rendered
from tests.gateway.playbook import Game, Json, Refuses, Status

SITE = """
providers: {p: {dialect: open, base_url: "https://p.test/v1", pool: q, headers: {X-Team: search}}}
pools: {q: {credentials: []}}
models: {m: {targets: [p/x]}}
"""
MORE = "  open: {extends: plain, operations: {models: {request: {method: GET, path: /models}}}}\n"
KEY = Credential("one", "sk-secret-1", data={"id": "one", "key": "sk-secret-1"})


def game() -> Game:
    return Game(MORE + SITE)


def test_an_operation_is_tried_with_a_credential() -> None:
    played = game()
    played.upstream.script = [Json({"models": []})]
    provider = played.snapshot.providers["p"]
    played.run(try_operation(played.gateway.outside, provider, KEY, "models"))
    (call,) = played.upstream.calls
    assert (call.method, call.url, call.headers["authorization"]) == (
        "GET", "https://p.test/v1/models", "Bearer sk-secret-1",
    )  # fmt: skip
    assert played.all_closed


@pytest.mark.parametrize(
    ("line", "error_class"),
    [
        (Status(401, {"message": "bad key sk-secret-1"}), ErrorClass.AUTH),
        (Json({"failed": True, "code": "poor", "message": "no money for sk-secret-1"}), ErrorClass.QUOTA),
        (Refuses(message="sk-secret-1"), ErrorClass.UPSTREAM),
        (Status(302), ErrorClass.UPSTREAM),
    ],
)
def test_what_does_not_work_says_so_without_the_key(line: object, error_class: ErrorClass) -> None:
    played = game()
    played.upstream.script = [line]  # type: ignore[list-item]
    with pytest.raises(EngineError) as caught:
        played.run(try_operation(played.gateway.outside, played.snapshot.providers["p"], KEY, "models"))
    assert caught.value.info.error_class is error_class
    assert "sk-secret" not in str(caught.value)


def test_an_operation_that_the_platform_does_not_have() -> None:
    played = game()
    with pytest.raises(EngineError, match="no operation 'nope'"):
        played.run(try_operation(played.gateway.outside, played.snapshot.providers["p"], KEY, "nope"))


def test_unsigned_calls() -> None:
    provider = game().snapshot.providers["p"]
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    near = unsigned_call(provider, Rendered("POST", "/login", {"a": "b"}, {}, {"x": 1}))
    assert (near.url, near.body, near.headers) == (
        "https://p.test/v1/login?a=b",
        b'{"x":1}',
        {"content-type": "application/json", "x-team": "search"},
    )
    far = unsigned_call(
        provider, Rendered("POST", "https://else.test/t", None, form, {"a": "b c", "d": None})
    )
    assert (far.url, far.body) == ("https://else.test/t", b"a=b+c")
    assert far.headers == {"content-type": form["Content-Type"]}
    assert unsigned_call(provider, Rendered("GET", "/x", None, {}, None)).body == b""


def test_an_answer_that_is_no_json_is_still_one() -> None:
    played = game()
    played.upstream.script = [Status(500, "oops")]
    provider = played.snapshot.providers["p"]
    call = unsigned_call(provider, Rendered("GET", "/x", None, {}, None))
    reached = played.run(reach(played.gateway.outside, provider, call))
    assert (reached.status, reached.data) == (500, "oops")
