from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace

import pytest

from engine.events import Inbound
from engine.globs import compile_glob
from engine.server.access.auth import AdminDoor, Door
from engine.server.endpoints import EndpointTable
from engine.server.ingress import pick
from engine.server.own_pages import Asked, OwnPage
from engine.server.page import Page, json_page
from engine.snapshot.model import Client, Endpoint
from engine.spec.settings import LimitSettings
from tests.gateway.playbook import compiled
from tests.server.running import Waiting, alias, eventually, running, snapshot
from tests.snapshot.sites import served as site

WEB = Client("web", (hashlib.sha256(b"web-key").hexdigest(),), models=("sm*",))
STRICT = Door(open_to_all=False, local=False)


async def test_an_unknown_path_is_told_what_there_is() -> None:
    async with running() as server:
        reply = await server.client.post("/v1/chat/completion")
    error = reply.json()["error"]
    assert (reply.status_code, error["code"]) == (404, "unknown_url")
    assert error["message"] == (
        "no endpoint answers POST /v1/chat/completion; did you mean /v1/chat/completions?"
    )


async def test_another_method_is_told_which_are_allowed() -> None:
    async with running() as server:
        wrong = await server.client.get("/v1/chat/completions")
        models = await server.client.delete("/v1/models")
        odd = await server.client.request("BREW", "/v1/models")
        options = await server.client.options("/v1/models")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "OPTIONS, POST")
    assert wrong.json()["error"]["code"] == "method_not_allowed"
    assert models.headers["allow"] == "GET, HEAD, OPTIONS" == odd.headers["allow"] == options.headers["allow"]
    assert (odd.status_code, options.status_code, options.content) == (405, 204, b"")


async def test_a_client_is_asked_for_its_key_and_known_by_it() -> None:
    async with running(served=snapshot(clients=(WEB,)), door=STRICT) as server:
        refused = await server.chat()
        await server.chat(headers={"authorization": "Bearer web-key"})
        assert [client for _, client in server.gateway.asked] == [WEB]
        assert server.gateway.turned_away == [("openai-chat", 401)]  # the ledger has it, too
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "invalid_api_key")
    assert server.telemetry.counts["proxyctl_refusals_total"] == 1


async def test_an_endpoint_may_be_open() -> None:
    open_one = Endpoint("open", "/open", ("POST",), "surface", "openai-chat", auth="none")
    async with running(served=snapshot(clients=(WEB,), endpoints=(open_one,)), door=STRICT) as server:
        assert (await server.client.post("/open")).status_code == 200
        assert server.gateway.asked[0][1] is None


def test_clients_are_told_apart_by_what_a_header_says() -> None:
    hub = Endpoint("hub", "/v1/chat", ("POST",), "surface", "hub")
    own = replace(hub, name="own", header="user-agent", header_like=compile_glob("acme-sdk/*"))
    hits = EndpointTable.build([hub, own]).match("/v1/chat")

    def picked(**headers: str) -> str | None:
        asked = Inbound(
            "POST", "/v1/chat", {}, {n.replace("_", "-"): v for n, v in headers.items()}, b"", "r"
        )
        found = pick(hits, asked)
        return found.endpoint.name if found else None

    assert picked(user_agent="acme-sdk/3.7") == "own"
    assert (picked(user_agent="other acme-sdk/3.7"), picked()) == ("hub", "hub")


async def test_models_are_those_that_the_client_may_use() -> None:
    served = snapshot(
        aliases=(
            alias("smart"),
            alias("small", access=("other",)),
            alias("big"),
            alias("smx-*"),
            alias("sm/x y"),
        ),
        clients=(WEB,),
    )
    async with running(served=served, door=STRICT) as server:
        key = {"x-api-key": "web-key"}
        listed = (await server.client.get("/v1/models", headers=key)).json()
        one = await server.client.get("/v1/models/smart", headers=key)
        slashed = await server.client.get("/v1/models/sm/x%20y", headers=key)
        glob = await server.client.get("/v1/models/smx-1", headers=key)
        hidden = await server.client.get("/v1/models/big", headers=key)
        refused = await server.client.get("/v1/models")
    assert [entry["id"] for entry in listed["data"]] == ["sm/x y", "smart"] and listed["object"] == "list"
    assert one.json() == {"id": "smart", "object": "model", "created": 0, "owned_by": "proxyctl"}
    assert (slashed.json()["id"], glob.json()["id"]) == ("sm/x y", "smx-1")
    assert (hidden.status_code, hidden.json()["error"]["code"]) == (404, "model_not_found")
    assert refused.status_code == 401


@pytest.mark.parametrize(
    ("path", "rest"), [("/raw/v1/a%2Fb?x=%20&y", "/v1/a%2Fb?x=%20&y"), ("/raw/", "/"), ("/exact?q", "?q")]
)
async def test_a_pass_endpoint_hands_on_what_follows_it_as_sent(path: str, rest: str) -> None:
    raw = Endpoint("raw", "/raw/{path}", ("GET",), "pass", "openai-chat")
    exact = Endpoint("exact", "/exact", ("GET",), "pass", "openai-chat")
    async with running(served=snapshot(endpoints=(raw, exact))) as server:
        await server.talk(f"GET {path} HTTP/1.1\r\nconnection: close\r\n\r\n".encode())
        assert server.gateway.relayed == [rest]


async def hello(_: Asked) -> Page:
    return json_page({"own": True})


async def test_own_pages_give_way_to_the_sites_endpoints_unless_they_are_admin() -> None:
    pages = {
        name: OwnPage({"GET": hello}, admin=name.startswith("/admin"))
        for name in ("/health", "/admin/config")
    }
    ends = tuple(Endpoint(name, name, ("GET",), "surface", "openai-chat") for name in pages)
    async with running(pages=pages, served=snapshot(endpoints=ends)) as server:
        assert (await server.client.get("/health")).json() == {"ok": True}
        assert (await server.client.get("/admin/config")).json() == {"own": True}
    async with running(pages=pages) as server:
        assert (await server.client.get("/health")).json() == {"own": True}
        assert (await server.client.post("/health")).status_code == 405


async def test_admin_pages_have_their_own_door() -> None:
    pages = {"/admin/config": OwnPage({"GET": hello}, admin=True), "/health": OwnPage({"GET": hello})}
    door = AdminDoor("admin-key", local=True)
    async with running(pages=pages, admin_door=door, served=snapshot(clients=(WEB,))) as server:
        refused = await server.client.get("/admin/config", headers={"x-api-key": "web-key"})
        admitted = await server.client.get("/admin/config", headers={"authorization": "Bearer admin-key"})
        health = await server.client.get("/health")
    assert (refused.status_code, admitted.status_code, health.status_code) == (401, 200, 200)


async def test_before_anything_is_loaded() -> None:
    async with running(pages={"/health": OwnPage({"GET": hello})}) as server:
        server.ingress.served = None
        reply = await server.chat()
        assert (reply.status_code, reply.json()["error"]["code"]) == (503, "not_ready")
        assert (await server.client.get("/health")).status_code == 200


async def test_a_limit_on_requests_in_flight_leaves_the_own_pages_open() -> None:
    work = Waiting()
    pages = {"/health": OwnPage({"GET": hello})}
    async with running(work.whole, pages=pages, limits=LimitSettings(concurrency=1)) as server:
        asking = asyncio.ensure_future(server.chat())
        await eventually(work.began.is_set)
        refused = await server.chat()
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        assert refused.json()["error"]["code"] == "too_many_requests_in_flight"
        assert (await server.client.get("/health")).status_code == 200
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        await eventually(lambda: server.drain.in_flight == 0)


async def test_a_body_that_is_packed_is_refused_in_clear_words() -> None:
    async with running() as server:
        reply = await server.chat(headers={"content-encoding": "gzip"})
        assert reply.status_code == 415 and reply.json()["error"]["code"] == "unsupported_content_encoding"
        assert "'gzip'" in reply.json()["error"]["message"] and server.gateway.asked == []
        assert (await server.chat(headers={"content-encoding": "identity"})).status_code == 200


ACTIONS = """
clients: {web: {key: "sha256:DIGEST"}}
endpoints:
  ours: {path: "/ours/{what}", action: health, errors: detail}
  token: {path: /token, action: health, auth: {bearer: t0ken}, errors: detail}
  operator: {path: /operator, action: clients.list, auth: password, errors: {no: =error.code}, error_status: 418}
  open: {path: /open, action: health, auth: none}
""".replace("DIGEST", WEB.digests[0])


async def test_each_endpoint_has_its_own_door_and_its_own_words() -> None:
    bearer = {"authorization": "Bearer t0ken"}
    async with running(served=site(a=ACTIONS), door=STRICT, admin_door=AdminDoor("adm1n", False)) as server:
        get = server.client.get
        statuses = {
            path: [(await get(path)).status_code, (await get(path, headers=bearer)).status_code]
            for path in ("/ours/x", "/token", "/operator", "/open")
        }
        key = (await get("/ours/x%20y", headers={"x-api-key": "web-key"})).status_code
        operator = (await get("/operator", headers={"authorization": "Bearer adm1n"})).status_code
        refused, challenged, shaped = await get("/ours/x"), await get("/token"), await get("/operator")
        method = await server.client.post("/token")
        names = [inbound.names for inbound, _ in server.gateway.asked]
    assert statuses == {
        "/ours/x": [401, 401],
        "/token": [401, 200],
        "/operator": [418, 418],
        "/open": [200, 200],
    }
    assert (key, operator) == (200, 200)
    assert refused.json()["detail"].startswith("no API key provided")
    assert "www-authenticate" not in refused.headers
    assert challenged.headers["www-authenticate"] == "Bearer"
    assert shaped.json() == {"no": "invalid_api_key"}
    assert (method.status_code, method.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    assert list(method.json()) == ["detail"]
    assert {"what": "x y"} in names


SIGNED = """
pools:
  aws: {credentials: [{key: K, secret: s, region: us-east-1}]}
providers:
  plain: {dialect: openai, base_url: "https://a.test", key: k}
  signed: {dialect: bedrock, base_url: "https://b.test", pool: aws}
  brought: {dialect: openai, base_url: "https://c.test", credential: {body: api_key}}
endpoints:
  plain: {path: "/plain/{path}", pass: plain, allow: [files]}
  signed: {path: "/signed/{path}", pass: signed}
  brought: {path: "/brought/{path}", pass: brought}
  chat: {path: /chat, surface: openai-chat}
"""


@pytest.mark.parametrize(
    ("path", "passed"),
    [("/plain/files", True), ("/plain/other", False), ("/signed/x", False), ("/brought/x", False),
     ("/chat", False), ("/none", False)],
)  # fmt: skip
async def test_what_is_passed_on_before_all_of_it_is_here(path: str, passed: bool) -> None:
    async with running(served=compiled(SIGNED)) as server:
        assert server.ingress.passes_on(Inbound("POST", path, {}, {}, b"", "")) is passed
