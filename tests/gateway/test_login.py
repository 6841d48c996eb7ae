"""Logins as configuration: an OAuth device flow, and a browser login that answers with codes of its own."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

import pytest

from engine.config.site import SiteFiles
from engine.credentials.model import Credential
from engine.errors import EngineError
from engine.events import Call
from engine.gateway import login
from engine.gateway.login import DENIED, GRANTED, PENDING, Polled, Started
from engine.snapshot.compile import compile_site
from tests.gateway.logins import DEVICE_FLOW
from tests.gateway.playbook import EPOCH, Environment, Game, Json, Line, Refuses, Status

BROWSER = """
version: 1
providers: {p: {dialect: codebuddy, base_url: "https://site.test", pool: q}}
pools: {q: {credentials: []}}
models: {m: {targets: [p/x]}}
"""
STARTED = {
    "device_code": "dev-secret-1", "user_code": "ABCD-EFGH", "verification_uri": "https://login.test/activate",
    "interval": 5, "expires_in": 600,
}  # fmt: skip
TOKEN = {"access_token": "at-secret-1", "refresh_token": "rt-secret-1", "expires_in": 3600}


class Flow:
    """A login that is played with."""

    def __init__(self, site: str = DEVICE_FLOW) -> None:
        self.game = Game("providers: {}")
        made = compile_site(SiteFiles({"routes.d/a.yaml": site.encode()}), Environment({}))
        assert made.snapshot is not None, made.diagnostics
        self.provider = made.snapshot.providers["p"]
        self.outside = self.game.gateway.outside

    def start(self, line: Line) -> Started:
        self.game.upstream.script = [line]
        return self.game.run(login.start(self.outside, self.provider))

    def poll(self, started: Started, line: Line | None = None) -> Polled:
        self.game.upstream.script = [line] if line else []
        return self.game.run(login.poll(self.outside, self.provider, started))

    def refresh(self, credential: Credential, line: Line) -> dict[str, Any]:
        self.game.upstream.script = [line]
        return self.game.run(login.refresh(self.outside, self.provider, credential))

    def wait(self, seconds: float) -> None:
        self.game.timeline.elapsed += seconds

    @property
    def last(self) -> Call:
        return self.game.upstream.calls[-1]


def form(call: Call) -> dict[str, str]:
    assert call.headers["content-type"] == "application/x-www-form-urlencoded"
    return {name: values[0] for name, values in parse_qs(call.body.decode()).items()}


def test_a_device_flow_from_beginning_to_end() -> None:
    flow = Flow()
    started = flow.start(Json(STARTED))
    assert (flow.last.url, form(flow.last)) == ("https://login.test/device", {"client_id": "our-client"})
    assert (started.link, started.code, started.every) == ("https://login.test/activate", "ABCD-EFGH", 5.0)
    assert (started.ends, started.ask_at) == (EPOCH + 600, EPOCH + 5)
    assert flow.poll(started) == Polled(PENDING, started), "too early: nobody is asked"
    flow.wait(5)
    waiting = flow.poll(started, Status(400, {"error": "authorization_pending"}))
    assert (waiting.state, waiting.error, waiting.started.ask_at) == (PENDING, None, EPOCH + 10)
    flow.wait(5)
    slower = flow.poll(waiting.started, Status(400, {"error": "slow_down"}))
    assert (slower.state, slower.started.every, slower.started.ask_at) == (PENDING, 10.0, EPOCH + 20)
    flow.wait(10)
    granted = flow.poll(slower.started, Json(TOKEN))
    assert form(flow.last) == {
        "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
        "device_code": "dev-secret-1",
        "client_id": "our-client",
    }
    assert granted.state == GRANTED
    assert granted.fields == {
        "key": "at-secret-1", "refresh_token": "rt-secret-1", "expires": EPOCH + 20 + 3600,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("line", "state", "code"),
    [
        (Status(400, {"error": "access_denied"}), DENIED, "access_denied"),
        (Status(400, {"error": "invalid_client"}), DENIED, "invalid_client"),
        (Status(500, {"error": "oops"}), PENDING, "oops"),
        (Refuses(), PENDING, "connect_failed"),
        (Json({"nothing": 1}), PENDING, None),
    ],
)
def test_other_answers(line: Line, state: str, code: str | None) -> None:
    flow = Flow()
    started = flow.start(Json(STARTED))
    flow.wait(5)
    polled = flow.poll(started, line)
    assert (polled.state, polled.error.code if polled.error else None) == (state, code)


def test_a_login_ends() -> None:
    flow = Flow()
    started = flow.start(Json(STARTED))
    flow.wait(600)
    polled = flow.poll(started)
    assert (polled.state, polled.error and polled.error.code) == (DENIED, "login_expired")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (Status(400, {"error": "invalid_client", "error_description": "who are you"}), "who are you"),
        (Json({"user_code": "x"}), "gives no link"),
        (Json({"verification_uri": "javascript:alert(1)"}), "gives no link"),
        (Refuses(), "connection refused"),
    ],
)
def test_a_start_that_is_none(line: Line, message: str) -> None:
    with pytest.raises(EngineError, match=message):
        Flow().start(line)


def test_a_platform_without_a_login() -> None:
    flow = Flow(BROWSER.replace("dialect: codebuddy", "dialect: openai"))
    with pytest.raises(EngineError, match="has no login"):
        flow.start(Json({}))


def held(**more: Any) -> Credential:
    data = {"id": "me", "key": "at-secret-1", "refresh_token": "rt-secret-1", **more}
    return Credential("me", "at-secret-1", expires=more.get("expires"), data=data)


def test_refresh_keeps_what_the_answer_does_not_give() -> None:
    flow = Flow()
    fields = flow.refresh(held(team="search"), Json({"access_token": "at-secret-2", "expires_in": 60}))
    assert form(flow.last)["refresh_token"] == "rt-secret-1"
    assert fields == {
        "id": "me", "key": "at-secret-2", "refresh_token": "rt-secret-1", "team": "search", "expires": EPOCH + 60,
    }  # fmt: skip


@pytest.mark.parametrize(
    "line",
    [
        Status(
            400, {"error": "invalid_grant", "error_description": "rt-secret-1 is used up, at-secret-1 too"}
        ),
        Json({"expires_in": 5}),
        Refuses(message="rt-secret-1"),
    ],
)
def test_a_refresh_that_fails_shows_no_token(line: Line) -> None:
    with pytest.raises(EngineError) as caught:
        Flow().refresh(held(), line)
    assert "secret" not in str(caught.value)


def test_errors_show_no_device_code() -> None:
    flow = Flow()
    started = flow.start(Json(STARTED))
    assert "secret" not in repr(started)
    flow.wait(5)
    polled = flow.poll(started, Status(400, {"error": "bad", "error_description": "no dev-secret-1 here"}))
    assert polled.error is not None and "dev-secret" not in polled.error.message


def test_when_a_refresh_is_due() -> None:
    flow = Flow()
    assert login.refresh_due(flow.outside, flow.provider, held(expires=EPOCH + 1000)) == EPOCH + 700
    assert login.refresh_due(flow.outside, flow.provider, held()) == math.inf
    browser = Flow(BROWSER)
    assert login.refresh_due(flow.outside, browser.provider, held(expires=EPOCH + 1000)) == EPOCH + 400
    nothing = Credential("me", "at-secret-1", expires=EPOCH + 1000)
    assert login.refresh_due(flow.outside, browser.provider, nothing) == math.inf, "nothing to renew it with"
    without = Flow(BROWSER.replace("dialect: codebuddy", "dialect: openai"))
    assert login.refresh_due(flow.outside, without.provider, held(expires=1.0)) == math.inf


def jwt(claims: Mapping[str, Any]) -> str:
    return f"h.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}.s"


def test_a_browser_login_with_codes_of_its_own() -> None:
    flow = Flow(BROWSER)
    begun = {"code": 0, "data": {"state": "state-1", "authUrl": "https://site.test/login?state=state-1"}}
    started = flow.start(Json(begun))
    assert (started.link, started.code, started.ends) == (
        "https://site.test/login?state=state-1", None, EPOCH + 1800,
    )  # fmt: skip
    assert flow.last.url.startswith("https://site.test/v2/plugin/auth/state?platform=CLI&nonce=")
    assert flow.last.headers["x-no-authorization"] == "true"
    flow.wait(5)
    waiting = flow.poll(started, Json({"code": 11217, "msg": "login ing"}))
    assert (flow.last.method, flow.last.url) == (
        "GET", "https://site.test/v2/plugin/auth/token?state=state-1",
    )  # fmt: skip
    assert waiting.state == PENDING
    flow.wait(5)
    token = jwt({"email": "u@x.test", "sub": "1"})
    granted = flow.poll(
        waiting.started,
        Json({"code": 0, "data": {"accessToken": token, "refreshToken": "r", "expiresIn": 60}}),
    )
    assert (granted.state, granted.fields["id"], granted.fields["user_id"]) == (
        GRANTED,
        "u@x.test",
        "u@x.test",
    )
    assert (granted.fields["key"], granted.fields["expires"]) == (token, EPOCH + 10 + 60)
    credential = Credential("u", token, data=granted.fields)
    fields = flow.refresh(
        credential, Json({"code": 0, "data": {"accessToken": jwt({"sub": "1", "exp": 99}), "expiresIn": 60}})
    )
    assert (flow.last.headers["authorization"], flow.last.headers["x-refresh-token"]) == (
        f"Bearer {token}",
        "r",
    )
    assert (fields["expires"], fields["refresh_token"]) == (99.0, "r")
    with pytest.raises(EngineError, match="bad token"):
        flow.refresh(credential, Status(401, {"code": 12153, "msg": "bad token"}))
