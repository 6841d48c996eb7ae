"""The upstream request: its address, its headers, what templates see, what auth signs."""

from typing import Any

import orjson
import pytest

from engine.errors import MappingFailed
from engine.gateway.plan import legs, places
from engine.gateway.prepare import Prepared, address, encode_body, prepare, with_query
from engine.gateway.request import Request
from engine.surfaces.registry import SURFACES
from tests.gateway.playbook import Game, Json, client, compiled, inbound, play

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


def prepared(model: str, **body: Any) -> Prepared:
    surface = SURFACES.get("openai-chat")
    assert surface is not None
    request = inbound(model, {"user-agent": "test"}, **body)
    made = Request(SNAPSHOT, surface, request, client("web"), orjson.loads(request.body), model)
    place = places(made, next(legs(made)), lambda: 0.0)[0][0]
    pool = place.target.provider.pool
    return prepare(made, place, pool.credentials[0] if pool else None, lambda: 7.5, lambda prefix: prefix)


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
    with pytest.raises(MappingFailed, match="has no operation 'chat'"):
        prepared("mute")
    game = Game(SITE)
    assert game.ask("mute", script=[]).status == 500


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
