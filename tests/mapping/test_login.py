"""A login compiles to calls and conditions; what it cannot do without is asked for at load."""

from __future__ import annotations

from typing import Any

import pytest

from engine.mapping.login import BEFORE, EVERY, WITHIN, LoginProgram
from tests.mapping.templates import dialect, good, scope

LEAST = "link: =login.url, poll: {request: {path: /poll}}, store: {key: =data.token}"


def login(text: str, tables: str = "") -> LoginProgram:
    program = good(f"{tables}login: {{{text}}}").login
    assert program is not None
    return program


def test_the_least() -> None:
    made = login(LEAST + ", code: =tables.ids.a", "tables: {ids: {a: our-id}}\n")
    assert (made.start, made.values, made.refresh) == (None, None, None)
    known = scope(login={"url": "https://x"})
    assert (made.link(known), made.poll.every.of(known), made.poll.within.of(known)) == (
        "https://x", EVERY, WITHIN,
    )  # fmt: skip
    assert made.store(scope(data={"token": "t"})) == {"key": "t"}


@pytest.mark.parametrize(
    ("written", "values", "seconds"),
    [
        ("2s", {}, 2.0),
        ("=login.interval", {"interval": 7}, 7.0),
        ("=login.interval", {}, EVERY),
        ("=login.interval", {"interval": 0}, EVERY),
        ("=login.interval", {"interval": True}, EVERY),
    ],
)
def test_spans(written: str, values: dict[str, Any], seconds: float) -> None:
    made = login(f"link: x, poll: {{request: {{path: /}}, every: {written}}}, store: {{key: x}}")
    assert made.poll.every.of(scope(login=values)) == seconds


@pytest.mark.parametrize(
    ("data", "verdict"),
    [
        ({"error": "wait"}, "pending"),
        ({"error": "slow"}, "slow_down"),
        ({"error": "no", "token": "t"}, "denied"),
        ({"token": "t"}, "until"),
        ({}, None),
    ],
)
def test_verdicts(data: dict[str, Any], verdict: str | None) -> None:
    made = login(
        "link: x, store: {key: x}, poll: {request: {path: /}, max: 9, pending: =data.error == 'wait', "
        "slow_down: =data.error == 'slow', denied: =data.error == 'no', until: =data.token}"
    )
    assert made.poll.max == 9
    assert made.poll.verdict(scope(data=data, status=400, reply_headers={})) == verdict


def test_refresh_stores_as_the_login_does_unless_it_says_else() -> None:
    same = login(LEAST + ", refresh: {request: {path: /r, body: {t: =credential.refresh_token}}}").refresh
    assert same is not None and same.before == BEFORE
    assert same.request.render(scope(credential={"refresh_token": "r"})).body == {"t": "r"}
    assert same.store(scope(data={"token": "t"})) == {"key": "t"}
    own = login(LEAST + ", refresh: {before: 1m, request: {path: /r}, store: {key: =data.fresh}}").refresh
    assert own is not None and own.before == 60.0
    assert own.store(scope(data={"fresh": "f"})) == {"key": "f"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("link: x, store: {key: x}", "missing-key"),
        ("poll: {request: {path: /}}, store: {key: x}", "missing-key"),
        ("link: x, store: {key: x}, poll: {}", "missing-key"),
        ("link: x, poll: {request: {path: /}}, store: {key: x}, refresh: {}", "missing-key"),
        ("link: x, store: {key: x}, poll: {request: {path: /}, every: soon}", "bad-duration"),
        ("link: x, store: {key: =body.x}, poll: {request: {path: /}}", "unknown-name"),
    ],
)
def test_mistakes(text: str, code: str) -> None:
    assert [item.code for item in dialect(f"login: {{{text}}}")[1]] == [code]
