from __future__ import annotations

from typing import Any

import orjson
import pytest

from engine.adapters.token_answer import LASTS, Token, read_token
from engine.errors import ErrorClass, UpstreamFailed

NOW = 1000.0


def read(status: int = 200, **answer: Any) -> Token:
    return read_token(status, orjson.dumps(answer), NOW, "login.test")


@pytest.mark.parametrize(
    ("told", "lasts"),
    [
        ({"expires_in": 3600}, 3600),
        ({"expires_in": "3599"}, 3599),
        ({"expires_on": "1500"}, 500),
        ({"expires_in": None}, LASTS),
        ({"expires_in": True}, LASTS),
        ({"expires_in": -5}, 1),
    ],
)
def test_how_long_it_lasts(told: dict[str, Any], lasts: float) -> None:
    assert read(access_token="t", **told).expires == NOW + lasts


@pytest.mark.parametrize(("lasts", "due", "good"), [(3600, 3300, 3528), (60, 48, 58.8), (1, 0.8, 0.98)])
def test_when_it_is_renewed(lasts: float, due: float, good: float) -> None:
    token = read(access_token="t", expires_in=lasts)
    assert (token.due - NOW, token.good_until - NOW) == pytest.approx((due, good))


def test_as_data_and_back() -> None:
    token = read(access_token="t")
    assert Token.of(token.to_data()) == token and Token.of(None) is None
    assert "t" not in repr(token).partition("(")[2].replace("obtained", "").replace("expires", "")


@pytest.mark.parametrize(
    ("status", "body", "error_class", "words"),
    [
        (400, b'{"error":"invalid_grant","error_description":"no"}', ErrorClass.AUTH, "invalid_grant: no"),
        (403, b"<html>", ErrorClass.AUTH, "answered with status 403: its answer gives no access_token"),
        (429, b"{}", ErrorClass.RATE_LIMIT, "status 429"),
        (500, b"", ErrorClass.UPSTREAM, "status 500"),
        (302, b"", ErrorClass.UPSTREAM, "status 302"),
        (200, b'["access_token"]', ErrorClass.UPSTREAM, "gives no access_token"),
        (200, b'{"access_token": "a\\nb"}', ErrorClass.UPSTREAM, "gives no access_token"),
    ],
)
def test_what_is_no_token(status: int, body: bytes, error_class: ErrorClass, words: str) -> None:
    with pytest.raises(UpstreamFailed) as caught:
        read_token(status, body, NOW, "login.test")
    assert caught.value.info.error_class is error_class and words in caught.value.info.message
