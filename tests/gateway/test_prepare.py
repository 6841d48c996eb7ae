"""The upstream request: its address, its headers, what templates see, what auth signs."""

from dataclasses import replace
from typing import Any

import orjson
import pytest

from engine.errors import MappingFailed
from engine.gateway.plan import legs, places
from engine.gateway.prepare import HEADS_KEPT, Prepared, address, encode_body, prepare, with_query
from engine.gateway.request import Request
from engine.signing.scheme import Outgoing
from engine.signing.schemes import sigv4
from engine.snapshot.model import Snapshot
from engine.surfaces.registry import SURFACES
from tests.gateway.playbook import Game, Json, Stream, client, compiled, inbound, play

SITE = """
  sees:
    params: {region: eu}
    features: {vision: ["*-v"], tools: ["none"]}
    let: {at: =now()}
    auth:
      - {header: x-sign, value: "${method} ${path} ${query.q} ${sha256(payload)}"}
      - {query: key, value: =credential.key}
      - {header: x-none, value: "Bearer ${credential.absent}"}
    operations:
      chat:
        request:
          method: PUT
          path: "/models/${model}:go?q=1"
          query: {r: =params.region, n: =params.absent}
          headers: {X-Version: "1", x-team: dialect}
          body:
            features: =features
            route: =route
            client: =client.name
            agent: =headers."user-agent"
            at: =at
            zone: =credential.zone
        response: {events: [{text: =data.text}]}
  mute:
    operations: {models: {request: {path: /models}, response: {models: []}}}
providers:
  s: {dialect: sees, base_url: "https://s.test/v1/", pool: ps, headers: {x-team: site}, params: {region: us}}
  m: {dialect: mute, base_url: "https://m.test"}
pools:
  ps: {credentials: [{id: one, key: "k&1", zone: z}]}
models:
  smart: {targets: [s/big-v]}
  odd: {targets: [{provider: s, model: "a b/c"}]}
  mute: {targets: [m/x]}
"""
SNAPSHOT = compiled(SITE)


def prepared(model: str, site: Snapshot = SNAPSHOT, now: float = 7.5, **body: Any) -> Prepared:
    surface = SURFACES.get("openai-chat")
    assert surface is not None
    request = inbound(model, {"user-agent": "test"}, **body)
    made = Request(site, surface, request, client("web"), orjson.loads(request.body), model)
    place = places(made, next(legs(made)), lambda: 0.0)[0][0]
    pool = place.target.provider.pool
    return prepare(made, place, pool.credentials[0] if pool else None, lambda: now, lambda prefix: prefix)


def test_address_query_and_headers() -> None:
    call = prepared("smart").call
    assert (call.method, call.url) == ("PUT", "https://s.test/v1/models/big-v:go?q=1&r=us&key=k%261")
    assert call.headers["x-version"] == "1"
    assert call.headers["x-team"] == "site"
    assert call.headers["content-type"] == "application/json"
    assert "x-none" not in call.headers


def test_what_templates_see() -> None:
    body = orjson.loads(prepared("smart").call.body)
    assert body["features"] == {"vision": True, "tools": False}
    assert body["route"] == {
        "surface": "openai-chat",
        "alias": "smart",
        "name": "smart",
        "provider": "s",
        "target": "s/big-v",
    }
    assert (body["client"], body["agent"], body["at"], body["zone"]) == ("web", "test", 7.5, "z")


def test_auth_signs_what_is_sent() -> None:
    call = prepared("smart").call
    method, path, query, digest = call.headers["x-sign"].split()
    assert (method, path, query, len(digest)) == ("PUT", "/v1/models/big-v:go", "1", 64)


def test_a_name_cannot_leave_its_place_in_the_path() -> None:
    assert "/models/a%20b" in prepared("odd").call.url


def test_a_dialect_without_chat() -> None:
    answer = Game(SITE).ask("mute", script=[])
    assert (answer.status, answer.data["error"]["code"]) == (400, "unsupported_operation")
    assert "its dialect 'mute' has no operation 'chat'" in answer.data["error"]["message"]


def test_provider_settings_travel_with_the_call() -> None:
    site = """
providers:
  s: {dialect: plain, base_url: "https://s.test", timeout: {connect: 1s}, limits: {header: 1KiB}, http2: true}
models:
  smart: {targets: [s/m]}
"""
    call = play(site, "smart", Json({"text": "x"})).upstream.calls[0]
    assert (call.timeouts.connect, call.max_header_bytes, call.channel.http2) == (1.0, 1024, True)


@pytest.mark.parametrize(
    ("base", "path", "query", "url"),
    [
        ("https://a/v1", "/x", None, "https://a/v1/x"),
        ("https://a/v1/", "x", {}, "https://a/v1/x"),
        ("https://a", "", {"q": "a b&c"}, "https://a?q=a%20b%26c"),
        ("https://a", "/x?y=1", {"z": "2"}, "https://a/x?y=1&z=2"),
        ("https://a", "@evil.test/x", None, "https://a/@evil.test/x"),
        ("scripted:", "/chat", None, "scripted:/chat"),
        ("https://a/x/v1/", "../run/m", None, "https://a/x/run/m"),
        ("https://a/x/v1", "../../run", None, "https://a/run"),
        ("https://a", "../../run", None, "https://a/run"),
    ],
)
def test_address(base: str, path: str, query: dict[str, str] | None, url: str) -> None:
    assert address(base, path, query) == url


def test_with_query_keeps_what_is_there() -> None:
    assert with_query("https://a?x=1", {"y": "/"}) == "https://a?x=1&y=%2F"
    assert with_query("https://a", None) == "https://a"


def test_bodies() -> None:
    provider = SNAPSHOT.providers["s"]
    assert encode_body(None, provider) == b""
    assert encode_body([], provider) == b"[]"
    with pytest.raises(MappingFailed, match="not JSON"):
        encode_body({"a": object()}, provider)


ALIKE = """
  alike:
    auth: {header: authorization, value: "Bearer ${credential.key}"}
    operations:
      chat:
        request:
          path: "/${model}/${if(chat.stream, 'sse', 'json')}"
          headers: {x-team: "${params.team}"}
          body: {$when: =body.seed != `7`, said: =body.messages}
        stream: {frames: sse, events: [{text: =data.text}]}
        response: {events: [{text: =data.text}]}
  varying:
    operations:
      chat:
        request: {path: /x, headers: {x-agent: '${headers."user-agent"}'}, body: {said: =body.messages}}
        response: {events: [{text: =data.text}]}
providers:
  a: {dialect: alike, base_url: "https://a.test", pool: two, params: {team: one}}
  v: {dialect: varying, base_url: "https://v.test", pool: two}
  c: {dialect: alike, base_url: "https://c.test", credential: client}
pools:
  two: {credentials: [{id: one, key: key-one}, {id: two, key: key-two}]}
models:
  any-*: {targets: ["a/*"]}
  varying: {targets: [v/m]}
  own: {targets: [c/m]}
"""


def test_calls_that_are_alike_but_for_their_bodies_share_a_head() -> None:
    game = Game(ALIKE)
    for model, stream in (("any-x", ...), ("any-x", False), ("any-y", ...), ("any-x", True)) * 4:
        script = [Stream({"text": "hi"}) if stream is True else Json({"text": "hi"})]
        game.ask(model, script=script, stream=stream, temperature=0.5)
    calls = game.upstream.calls
    assert [call.headers["authorization"][-3:] for call in calls] == ["one", "two"] * 8
    paths = [call.url.removeprefix("https://a.test/") for call in calls]
    assert paths == ["x/json", "x/json", "y/json", "x/sse"] * 4
    assert len({id(call.headers) for call in calls}) == 4 < len(calls)


def test_a_call_without_a_body_does_not_share_the_head_of_one_with_a_body() -> None:
    game = Game(ALIKE)
    for seed in (1, 1, 7, 7, 7, 1):
        game.ask("any-x", script=[Json({"text": "hi"})], seed=seed)
    typed = ["content-type" in call.headers for call in game.upstream.calls]
    assert typed == [True, True, False, False, False, True]
    assert [bool(call.body) for call in game.upstream.calls] == typed


def test_what_a_head_reads_of_a_request_is_never_another_s() -> None:
    game = Game(ALIKE)
    for agent in "abc":
        game.ask("varying", script=[Json({"text": "hi"})], headers={"user-agent": agent})
    assert [call.headers["x-agent"] for call in game.upstream.calls] == ["a", "b", "c"]
    kept = game.snapshot.providers["v"].heads
    assert sorted(key[4] for key in kept) == ["a", "b", "c"]
    game.ask("varying", script=[Json({"text": "hi"})], headers={"user-agent": "d" * 1000})
    assert len(kept) == 3


def test_nothing_is_kept_of_a_client_s_own_key() -> None:
    game = Game(ALIKE)
    for key in ("sk-first", "sk-second"):
        game.ask("own", script=[Json({"text": "hi"})], headers={"x-api-key": key})
    assert [call.headers["authorization"] for call in game.upstream.calls] == [
        "Bearer sk-first",
        "Bearer sk-second",
    ]
    assert not game.snapshot.providers["c"].heads


def test_another_credential_with_the_same_id_has_a_head_of_its_own() -> None:
    provider = SNAPSHOT_OF_ALIKE.providers["a"]
    surface = SURFACES.get("openai-chat")
    assert surface is not None and provider.pool is not None
    request = inbound("any-x")
    made = Request(SNAPSHOT_OF_ALIKE, surface, request, None, orjson.loads(request.body), "any-x")
    place = places(made, next(legs(made)), lambda: 0.0)[0][0]
    credential = provider.pool.credentials[0]
    masked = replace(credential, key="***", data={"id": "one", "key": "***"})
    sent = [prepare(made, place, each, lambda: 0.0, str).call for each in (credential, masked, credential)]
    assert [call.headers["authorization"] for call in sent] == [
        "Bearer key-one",
        "Bearer ***",
        "Bearer key-one",
    ]


def test_models_that_clients_name_do_not_fill_the_memory() -> None:
    game = Game(ALIKE)
    for number in range(HEADS_KEPT + 10):
        game.upstream.calls.clear()
        game.upstream.replies.clear()
        game.ask(f"any-{number}", script=[Json({"text": "hi"})])
    assert 0 < len(game.snapshot.providers["a"].heads) <= HEADS_KEPT


SNAPSHOT_OF_ALIKE = compiled(ALIKE)


SIGNED = """
  signs:
    auth:
      - {header: x-first, value: one}
      - {scheme: sigv4, service: s}
    operations:
      chat:
        request: {path: "/model/${model}/converse", query: {q: a b}, body: {at: =now()}}
        response: {events: [{text: =data.text}]}
providers:
  s: {dialect: signs, base_url: "https://s.test/v1", pool: ps, headers: {X-Amz-Team: site}}
  without: {dialect: signs, base_url: "https://s.test/v1", pool: none}
pools:
  ps: {credentials: [{id: one, key: AK, secret: "the-secret-key", session_token: "a-token", region: eu}]}
  none: {credentials: [{id: one, key: AK, secret: "the-secret-key"}]}
models:
  smart: {targets: ["s/a:b"]}
  unplaced: {targets: ["without/m"]}
"""


def test_a_scheme_signs_the_call_as_it_is_sent() -> None:
    site = compiled(SIGNED)
    call = prepared("smart", site).call
    sent = Outgoing("POST", "https://s.test/v1/model/a:b/converse?q=a%20b", {
        "content-type": "application/json", "x-amz-team": "site"}, call.body, 7.5)  # fmt: skip
    inputs = {
        "service": "s",
        "region": "eu",
        "key": "AK",
        "secret": "the-secret-key",
        "session_token": "a-token",
    }
    assert call.url == sent.url
    expected = {"x-first": "one", **sent.headers, **sigv4.SPEC.signature(sent, inputs, None).headers}
    assert call.headers == expected
    assert "content-type;host;x-amz-date;x-amz-security-token;x-amz-team" in expected["authorization"]


def test_a_signed_head_is_not_kept() -> None:
    site = compiled(SIGNED)
    first, second = (prepared("smart", site, now=now).call.headers for now in (7.5, 8.5))
    assert first["x-amz-date"] == "19700101T000007Z" and second["x-amz-date"] == "19700101T000008Z"
    assert first["authorization"] != second["authorization"]
    assert not site.providers["s"].heads


def test_a_head_whose_token_is_to_be_had_first_is_kept() -> None:
    site = compiled("""
  signs:
    extends: plain
    auth: [{scheme: oauth2, token_url: "https://login.test/${credential.tenant}", scope: =params.scope}]
    params: {scope: all}
providers:
  s: {dialect: signs, base_url: "https://s.test", pool: ps}
pools:
  ps: {credentials: [{id: one, tenant: t, client_id: me, client_secret: "the-secret-key"}]}
models:
  smart: {targets: [s/m]}
""")
    first, second = (prepared("smart", site, now=now).call for now in (7.5, 8.5))
    assert first.grant is not None and first.grant is second.grant and first.headers is second.headers
    assert first.grant.url == "https://login.test/t" and "authorization" not in first.headers
    assert "the-secret-key" not in repr(first)


def test_an_input_of_a_scheme_that_nothing_gives() -> None:
    with pytest.raises(MappingFailed, match="the scheme 'sigv4' needs `region`"):
        prepared("unplaced", compiled(SIGNED))
