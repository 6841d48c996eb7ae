from __future__ import annotations

import pytest

from engine.actions.program import Bearer
from engine.errors import EngineError
from engine.events import Inbound
from engine.server.access.endpoint_token import admit_token
from tests.snapshot.sites import MOCK, served


def asked(token: str, **headers: str) -> str | None:
    """The code of the refusal, None for whoever comes in."""
    try:
        admit_token(Bearer(token), Inbound("POST", "/", {}, headers, b"", "r"))
    except EngineError as refused:
        return f"{refused.info.status} {refused.info.code}"
    return None


@pytest.mark.parametrize(
    ("headers", "refusal"),
    [
        ({}, "401 missing_token"),
        ({"authorization": "Basic abc"}, "401 missing_token"),
        ({"authorization": "Bearer "}, "401 missing_token"),
        ({"authorization": "Bearer no"}, "401 invalid_token"),
        ({"x-api-key": "yes"}, "401 missing_token"),
        ({"authorization": "bearer yes"}, None),
    ],
)
def test_who_comes_in(headers: dict[str, str], refusal: str | None) -> None:
    assert asked("yes", **headers) == refusal


def test_nobody_comes_in_by_a_token_that_is_not_set() -> None:
    assert asked("", authorization="Bearer ") == "503 token_not_configured"


@pytest.mark.parametrize(("when", "asks"), [("false", False), ("'True'", True), ("=headers.x", False)])
def test_a_token_may_be_asked_for_or_not(when: str, asks: bool) -> None:
    text = f"endpoints: {{e: {{path: /e, action: health, auth: {{bearer: t, when: {when}}}}}}}"
    token = next(each.token for each in served(mock=MOCK, a=text).endpoints if each.name == "e")
    assert token is not None
    if asks:
        with pytest.raises(EngineError):
            admit_token(token, Inbound("GET", "/e", {}, {}, b"", "r"))
    else:
        admit_token(token, Inbound("GET", "/e", {}, {}, b"", "r"))
