"""What `proxyctl explain` shows: the same plan that a request would follow, and no secret."""

import json
from typing import Any

import pytest

from engine.gateway.explain import Asks, explain, masked_headers
from engine.routing.failover import ROWS
from tests.gateway.playbook import client, compiled

SITE = """
  keyed:
    extends: plain
    auth: [{header: x-api-key, value: "=credential.key"}, {query: key, value: "=credential.key"}]
providers:
  a: {dialect: keyed, base_url: "https://a.test", pool: pa, headers: {x-auth-token: sk-secret-h, x-team: t}}
  b: {dialect: plain, base_url: "https://b.test", key: sk-secret-b, unsupported: reject}
  own: {dialect: plain, base_url: "https://o.test", credential: client}
  dark: {dialect: plain, base_url: "https://d.test", key: "${env:DARK}", optional: true}
pools:
  pa:
    strategy: weighted
    credentials: [{id: one, key: sk-secret-1, models: ["m*"]}, {id: two, key: sk-secret-2, models: ["x*"]}]
models:
  "sm*":
    targets: [dark/m, a/m1, {provider: b, model: m2, when: "=chat.tools"}]
    fallback: [spare]
    params: {temperature: 0.5}
  spare: {targets: [own/m3]}
  night: {targets: [dark/m]}
"""
SNAPSHOT = compiled(SITE)
BODY = {"model": "smart", "messages": [{"role": "user", "content": "hi"}], "seed": 1}


def shown(body: dict[str, Any] = BODY, **given: Any) -> dict[str, Any]:
    told = explain(
        SNAPSHOT, body, {"Authorization": "Bearer sk-secret-c"}, given.pop("client", None), **given
    )
    assert "sk-secret" not in json.dumps(told)
    return told


def test_the_alias_and_why() -> None:
    told = shown()
    assert told["model"] == "smart"
    assert (told["alias"]["name"], told["alias"]["fallback"]) == ("sm*", ["spare"])
    assert "'art'" in told["alias"]["why"]
    assert told["alias"]["at"].startswith("routes.d/site.yaml:")
    assert shown({**BODY, "model": "spare"})["alias"]["why"] == "exact name"


def test_targets_in_order_and_why_some_are_skipped() -> None:
    first, second = shown()["legs"]
    assert [(t["provider"], t["model"]) for t in first["targets"]] == [("a", "m1")]
    assert [(s["provider"], s["cause"]) for s in first["skipped"]] == [("dark", "off"), ("b", "when")]
    assert "DARK" in first["skipped"][0]["reason"] and "chat.tools" in first["skipped"][1]["reason"]
    assert [(second["alias"], t["provider"]) for t in second["targets"]] == [("spare", "own")]


def test_the_request_with_its_secrets_masked() -> None:
    target = shown()["legs"][0]["targets"][0]
    assert target["request"]["method"] == "POST"
    assert target["request"]["url"] == "https://a.test/gen?key=%2A%2A%2A"
    assert target["request"]["headers"]["x-api-key"] == "***"
    assert target["request"]["headers"]["x-auth-token"] == "***"
    assert target["request"]["headers"]["x-team"] == "t"
    assert target["request"]["body"] == {"model": "m1", "say": "hi", "temperature": 0.5}
    assert target["unsupported"] == {"policy": "warn", "parameters": ["seed"]}
    assert (target["passthrough"], target["stream"]) == (False, False)


def test_a_signature_shows_no_secret() -> None:
    site = compiled("""
  signs:
    extends: plain
    auth: [{scheme: sigv4, service: s}, {scheme: hmac, name: x-sign, text: "${payload}"}]
providers:
  s: {dialect: signs, base_url: "https://s.test", pool: ps}
pools:
  ps: {credentials: [{id: one, key: sk-secret-id, secret: sk-secret-0, session_token: sk-secret-t, region: eu}]}
models:
  smart: {targets: [s/m]}
""")
    told = explain(site, BODY, {}, None, now=1440938160.0)
    headers = told["legs"][0]["targets"][0]["request"]["headers"]
    assert headers["authorization"] == headers["x-amz-security-token"] == "***"
    assert headers["x-amz-date"] == "20150830T123600Z" and headers["x-sign"]
    assert "sk-secret" not in json.dumps(told)


def test_a_token_that_is_to_be_had_is_shown_as_one() -> None:
    site = compiled("""
  signs: {extends: plain, auth: [{scheme: oauth2, token_url: "https://login.test/token"}]}
providers:
  s: {dialect: signs, base_url: "https://s.test", pool: ps}
pools:
  ps: {credentials: [{id: one, client_id: me, client_secret: sk-secret-0}]}
models:
  smart: {targets: [s/m]}
""")
    target = explain(site, BODY, {}, None)["legs"][0]["targets"][0]
    assert target["request"]["headers"]["authorization"] == "Bearer ***"
    assert "sk-secret" not in json.dumps(target)


def test_a_key_that_is_masked_cannot_sign() -> None:
    site = compiled("""
  signs: {extends: plain, auth: [{scheme: google_service_account, scope: all}]}
providers:
  s: {dialect: signs, base_url: "https://s.test", pool: ps}
pools:
  ps: {credentials: [{id: one, client_email: a@b.test, private_key: sk-secret-0}]}
models:
  smart: {targets: [s/m]}
""")
    target = explain(site, BODY, {}, None)["legs"][0]["targets"][0]
    assert target["request"]["headers"]["authorization"] == "***"
    assert "sk-secret" not in json.dumps(target)


def test_credentials_by_id() -> None:
    first, second = shown()["legs"]
    assert first["targets"][0]["credentials"] == {
        "source": "pool",
        "pool": "pa",
        "strategy": "weighted",
        "usable": ["one"],
        "unfit": ["two"],
        "directories": [],
        "probe": None,
    }
    assert second["targets"][0]["credentials"] == {
        "source": "client",
        "where": "as `x-api-key` or `authorization`",
    }


def test_a_target_that_would_refuse() -> None:
    tools = [{"type": "function", "function": {"name": "f"}}]
    targets = shown({**BODY, "tools": tools})["legs"][0]["targets"]
    assert (targets[1]["error"]["status"], targets[1]["error"]["code"]) == (400, "unsupported_parameter")
    assert "request" not in targets[1]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({**BODY, "model": "nope"}, 404, "model_not_found"),
        ({"messages": []}, 400, "missing_required_parameter"),
        ({**BODY, "messages": 3}, 400, None),
        ({**BODY, "model": "night"}, 503, "no_target"),
    ],
)
def test_what_would_be_refused_at_once(body: dict[str, Any], status: int, code: str | None) -> None:
    error = shown(body)["error"]
    assert error["status"] == status
    assert code is None or error["code"] == code


def test_a_client_is_shown_only_what_it_may_use() -> None:
    assert shown(client=client("web", models=("spare",)))["error"]["code"] == "model_not_found"


def test_the_table_is_the_one_that_is_used() -> None:
    told = shown()
    assert len(told["failover"]) == len(ROWS)
    assert set(told["failover"][0]["verdicts"]) <= set(told["verdicts"])
    assert told["error"] is None


def test_an_unknown_surface() -> None:
    with pytest.raises(LookupError):
        shown(asks=Asks("nope"))


def test_masked_headers() -> None:
    assert masked_headers({"authorization": "Bearer abc", "x-api-key": "abc", "accept": "*/*"}) == {
        "authorization": "Bearer ***",
        "x-api-key": "***",
        "accept": "*/*",
    }
