"""`pass` endpoints: bytes as they are, with our credential and without the client's."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from engine.adapters.counters import LocalCounters
from engine.errors import UpstreamFailed
from engine.events import Call, Inbound, Upload
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
        upload: Upload | None = None,
    ) -> Answer:
        found = next(each for each in self.snapshot.endpoints if each.name == endpoint)
        request = Inbound(method, f"/{endpoint}/x", {}, headers, body, "req-1", upload=upload)
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
        "x-wrapped": "Bearer our-key",
        "cookie": "a=b",
        "host": "proxy",
        "connection": "keep-alive, x-hop",
        "x-hop": "1",
        "te": "trailers",
        "content-length": "3",
        "content-type": "text/csv",
        "x-version": "7",
    }
    game.pass_on("/x?key=our-key&other=our%2Dkey&keep=1", Json({}), headers=sent, body=b"a,b", by=WEB)
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


OWN = """
providers:
  head: {dialect: plain, base_url: "https://h.test", credential: {header: X-Upstream-Key}}
  field: {dialect: plain, base_url: "https://f.test", credential: {body: api_key}}
  ours: {dialect: plain, base_url: "https://u.test", key: sk-ours-123}
endpoints:
  head: {path: "/head/{path}", pass: head}
  field: {path: "/field/{path}", pass: field}
  ours: {path: "/ours/{path}", pass: ours}
"""


def test_a_key_in_a_header_that_the_site_names() -> None:
    game = Relay(OWN)
    headers = {"x-upstream-key": "sk-mine-123", "x-kept": "1"}
    game.pass_on("/x", Json({}), endpoint="head", headers=headers)
    assert game.upstream.calls[0].headers == {"authorization": "Bearer sk-mine-123", "x-kept": "1"}
    got = game.pass_on("/x", endpoint="head", headers={"authorization": "Bearer sk-mine-123"})
    assert (got.status, got.error["code"]) == (401, "missing_credential")
    assert got.error["message"] == "send your own key for the upstream in the header `x-upstream-key`"
    # It is for nobody else either.
    game.pass_on("/x", Json({}), endpoint="ours", headers=headers)
    assert game.upstream.calls[1].headers == {"authorization": "Bearer sk-ours-123", "x-kept": "1"}


def test_a_key_in_a_field_of_the_body() -> None:
    game = Relay(OWN)
    game.pass_on("/x", Json({}), endpoint="field", body=b'{"api_key": "sk-mine-123", "a": [1]}')
    call = game.upstream.calls[0]
    assert (call.headers["authorization"], call.body) == ("Bearer sk-mine-123", b'{"a":[1]}')
    for body in (b"", b"{}", b'{"api_key": 5}', b'{"api_key": ""}'):
        got = game.pass_on("/x", endpoint="field", body=body)
        assert (got.status, got.error["code"]) == (401, "missing_credential")
    assert got.error["message"] == "send your own key for the upstream as `api_key` in the body"
    assert game.pass_on("/x", endpoint="field", body=b"--boundary").error["code"] == "invalid_json"


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


def test_an_error_that_repeats_our_key_is_relayed_without_it() -> None:
    game = Relay(SITE)
    told = b'{"message": "sk-secret-2 of Bearer sk-secret-1 is wrong", "x": "sk-secret"}'
    pieces = [told[at : at + 3] for at in range(0, len(told), 3)]
    got = game.pass_on("/x", Reply(401, pieces, headers={"www-authenticate": "Bearer sk-secret-1"}))
    key = game.upstream.calls[0].headers["authorization"].removeprefix("Bearer ")
    assert got.raw == told.replace(key.encode(), b"***") and got.status == 401
    assert got.headers["www-authenticate"] == "Bearer sk-secret-1".replace(key, "***")


def test_every_end_of_a_relay_is_one_record() -> None:
    game = Relay(SITE)
    game.pass_on("/x", Json({}))
    game.pass_on("/x", Status(404))
    game.pass_on("/x", Refuses())
    with pytest.raises(UpstreamFailed):
        game.pass_on("/x", Reply(200, [b"half", Break()]))
    game.pass_on("/x", endpoint="dark")

    async def leave() -> None:
        answer = await game.relay("/x", {}, b"", WEB, "raw", "POST")
        await answer.aclose()

    game.upstream.script = [Reply(200, [b"half", Wait(60)])]
    game.run(leave())

    async def leave_early() -> None:
        task = asyncio.ensure_future(game.relay("/x", {}, b"", None, "raw", "POST"))
        await asyncio.sleep(1)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    game.upstream.script = [Reply(200, before=60)]
    game.run(leave_early())
    told = [
        (row["status"], row["error"], row["attempts"], row["aborted"], row["client"]) for row in game.usage
    ]
    assert told == [
        (200, None, 1, False, None), (404, None, 1, False, None), (502, "upstream", 1, False, None),
        (200, "upstream", 1, False, None), (503, "overloaded", 0, False, None), (499, None, 1, True, "web"),
        (499, None, 1, True, None),
    ]  # fmt: skip
    assert {(row["surface"], row["operation"], row["cost"]) for row in game.usage} >= {("raw", "pass", None)}


LIMITED = """
providers:
  a: {dialect: plain, base_url: "https://a.test/v1", pool: pa, limits: {concurrency: 1}}
pools:
  pa: {credentials: [{id: one, key: k1, limits: {rpm: 1}}, {id: two, key: k2, limits: {rpm: 2}}]}
clients:
  web: {key: "sha256:0000000000000000000000000000000000000000000000000000000000000000", limits: {rpm: 5, tpm: 10}}
endpoints:
  raw: {path: "/raw/{path}", pass: a}
"""


class LimitedRelay(Relay):
    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.counters = LocalCounters(now=self.world.now)
        object.__setattr__(self.gateway.outside, "counters", self.counters)


def test_limits_of_clients_providers_and_credentials_hold() -> None:
    game = LimitedRelay(LIMITED)
    by = game.snapshot.clients[0]
    passed = [game.pass_on("/x", Json({}), by=by) for _ in range(3)]
    assert [each.status for each in passed] == [200] * 3
    assert passed[-1].headers["x-ratelimit-remaining-requests"] == "2"
    assert sorted(call.headers["authorization"] for call in game.upstream.calls) == [
        "Bearer k1",
        "Bearer k2",
        "Bearer k2",
    ]
    refused = game.pass_on("/x", by=by)
    assert (refused.status, refused.error["code"]) == (429, "rate_limit_exceeded")
    assert "credential 'pa/" in refused.error["message"]
    # What a credential refuses has used nothing of the client's.
    game.timeline.elapsed += 60
    assert [game.pass_on("/x", Json({}), by=by).status for _ in range(3)] == [200] * 3
    assert game.counters.busy("provider/a/concurrency") == 0


def test_a_place_is_held_until_the_last_byte_and_given_back_to_whoever_comes() -> None:
    game = LimitedRelay(LIMITED)

    async def play() -> None:
        game.upstream.script = [Json({}), Json({}, before=5.0), Json({})]
        first = await game.relay("/x", {}, b"", None, "raw", "GET")
        refused = await game.relay("/x", {}, b"", None, "raw", "GET")
        assert (refused.status, refused.headers["retry-after"]) == (503, "1")
        await heard(first)
        gone = asyncio.ensure_future(game.relay("/x", {}, b"", None, "raw", "GET"))
        await asyncio.sleep(1)
        assert game.counters.busy("provider/a/concurrency") == 1
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)
        assert (await heard(await game.relay("/x", {}, b"", None, "raw", "GET"))).status == 200

    game.run(play())
    assert game.counters.busy("provider/a/concurrency") == 0


class Slow:
    """An upload whose pieces take their time."""

    length = None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in (b"a", b"b"):
            await asyncio.sleep(100)
            yield piece


@pytest.mark.parametrize(("before", "status"), [(100.0, 200), (130.0, 504)])
def test_an_upstream_is_waited_for_from_the_end_of_an_upload_on(before: float, status: int) -> None:
    async def send(call: Call) -> Any:
        assert call.upload is not None and [piece async for piece in call.upload] == [b"a", b"b"]
        return await scripted(call)

    game = Relay(SITE)
    scripted, game.upstream.send = game.upstream.send, send  # type: ignore[method-assign]
    game.upstream.script = [Reply(200, [b"ok"], before=before)]

    async def play() -> int:
        return (await game.relay("/x", {}, b"", None, "raw", "POST", upload=Slow())).status

    assert game.run(play()) == status
