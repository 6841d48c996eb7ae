"""`pass` endpoints: bytes as they are, with our credential and without the client's."""

import asyncio
from collections.abc import Mapping

import pytest

from engine.errors import UpstreamFailed
from engine.events import Inbound
from engine.gateway.answer import Answer
from engine.snapshot.model import Client
from tests.gateway.playbook import Break, Game, Heard, Json, Line, Refuses, Reply, Status, Wait, client, heard

SITE = """
providers:
  a: {dialect: plain, base_url: "https://a.test/v1", pool: pa, headers: {x-team: search}}
  own: {dialect: plain, base_url: "https://o.test", credential: client}
  dark: {dialect: plain, base_url: "https://d.test", key: "${env:DARK}", optional: true}
pools:
  pa: {credentials: [{id: one, key: sk-secret-1, models: ["m*"]}, {id: two, key: sk-secret-2}]}
endpoints:
  raw: {path: "/raw/{path}", pass: a}
  own: {path: "/own/{path}", pass: own}
  dark: {path: "/dark/{path}", pass: dark}
"""
WEB = client("web", "our-key")


class Relay(Game):
    async def relay(
        self,
        rest: str,
        headers: Mapping[str, str],
        body: bytes,
        by: Client | None,
        endpoint: str,
        method: str,
    ) -> Answer:
        found = next(each for each in self.snapshot.endpoints if each.name == endpoint)
        request = Inbound(method, f"/{endpoint}/x", {}, headers, body, "req-1")
        return await self.gateway.relay(self.snapshot, found, request, rest, by)

    def pass_on(
        self,
        rest: str,
        *script: Line,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        by: Client | None = None,
        endpoint: str = "raw",
        method: str = "POST",
    ) -> Heard:
        self.upstream.script = list(script)

        async def whole() -> Heard:
            return await heard(await self.relay(rest, headers or {}, body, by, endpoint, method))

        return self.run(whole())


def test_method_path_query_and_body_are_the_clients_own() -> None:
    game = Relay(SITE)
    got = game.pass_on("/files/a%2Fb?x=1&x=2&y=%20", Json({"ok": 1}, 201), body=b"\x00\xff", method="PUT")
    call = game.upstream.calls[0]
    assert (call.method, call.body) == ("PUT", b"\x00\xff")
    assert call.url == "https://a.test/v1/files/a%2Fb?x=1&x=2&y=%20"
    assert (got.status, got.raw, got.content_type) == (201, b'{"ok":1}', "application/json")
    assert game.all_closed


def test_headers_up() -> None:
    game = Relay(SITE)
    sent = {
        "authorization": "Bearer our-key",
        "x-api-key": "our-key",
        "x-other": "our-key",
        "cookie": "a=b",
        "host": "proxy",
        "connection": "keep-alive, x-hop",
        "x-hop": "1",
        "te": "trailers",
        "content-length": "3",
        "content-type": "text/csv",
        "x-version": "7",
    }
    game.pass_on("/x?key=our-key&keep=1", Json({}), headers=sent, body=b"a,b", by=WEB)
    call = game.upstream.calls[0]
    assert call.headers == {
        "content-type": "text/csv",
        "x-version": "7",
        "x-team": "search",
        "authorization": "Bearer sk-secret-1",
    }
    assert call.url == "https://a.test/v1/x?keep=1"


def test_headers_down() -> None:
    upstream = {"x-kept": "1", "set-cookie": "a=b", "transfer-encoding": "chunked", "content-length": "2"}
    got = Relay(SITE).pass_on("/x", Reply(200, [b"ok"], "text/plain", upstream))
    assert got.content_type == "text/plain"
    assert got.headers == {"x-kept": "1", "x-proxyctl-provider": "a", "x-proxyctl-attempts": "1"}


def test_errors_of_the_upstream_pass_too_and_cost_the_key() -> None:
    game = Relay(SITE)
    got = game.pass_on("/x", Status(429, {"own": "shape"}, retry_after="30"))
    assert (got.status, got.data) == (429, {"own": "shape"})
    assert got.headers["retry-after"] == "30"
    game.pass_on("/x", Json({}))
    game.pass_on("/x", Json({}))
    assert [call.headers["authorization"][-1] for call in game.upstream.calls] == ["1", "2", "2"]


def test_when_all_keys_rest_the_one_nearest_its_end_is_used() -> None:
    game = Relay(SITE)
    game.pass_on("/x", Status(429, retry_after="30"))
    game.pass_on("/x", Status(429, retry_after="10"))
    game.pass_on("/x", Json({}))
    assert game.upstream.calls[2].headers["authorization"] == "Bearer sk-secret-2"


def test_a_call_that_fails_is_told_in_the_surfaces_words() -> None:
    got = Relay(SITE).pass_on("/x", Refuses(message="sk-secret-1 was refused"))
    assert got.status == 502
    assert got.error["message"] == "*** was refused"


def test_the_callers_own_key() -> None:
    game = Relay(SITE)
    assert game.pass_on("/x", endpoint="own").status == 401
    game.pass_on("/x", Json({}), endpoint="own", headers={"x-api-key": "sk-mine"})
    assert game.upstream.calls[0].headers["authorization"] == "Bearer sk-mine"


def test_a_provider_that_is_off() -> None:
    got = Relay(SITE).pass_on("/x", endpoint="dark")
    assert got.status == 503 and "DARK" in got.error["message"]


def test_a_body_that_breaks_off_is_no_whole_answer() -> None:
    game = Relay(SITE)
    with pytest.raises(UpstreamFailed, match="connection lost"):
        game.pass_on("/x", Reply(200, [b"half", Break()]))
    assert game.all_closed


def test_leaving_stops_the_upstream() -> None:
    game = Relay(SITE)
    game.upstream.script = [Reply(200, [b"a", Wait(5), b"b"])]

    async def leave() -> None:
        answer = await game.relay("/x", {}, b"", None, "raw", "GET")
        assert not isinstance(answer.body, bytes)
        await anext(answer.body)
        pulling = asyncio.ensure_future(anext(answer.body))
        await asyncio.sleep(1)
        pulling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await pulling

    game.run(leave())
    assert game.all_closed
    assert game.world.lines[-1][2]["provider"] == "a"
