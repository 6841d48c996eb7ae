"""Keys that carry a mark go through a server in every way there is; nothing that it writes or says has the mark."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from tests.adapters.signing import key_set, public, token
from tests.e2e.engine_process import EngineProcess, write_site
from tests.e2e.test_clients import soon
from tests.e2e.upstream import Answer, Request, TestUpstream, json_answer, sse_answer

ADMIN, STATIC, GONE = "admin-MARKED-0001-abcdef", "client-MARKED-0002-abcdef", "client-MARKED-0003-abcdef"
OURS, BROUGHT, WRONG = "sk-MARKED-0004-abcdef", "sk-MARKED-0005-abcdef", "pk-MARKED-0006-abcdef"

SITE = """
version: 1
providers:
  ours: {{dialect: openai, base_url: "{url}/v1", key: "${{env:OURS}}", retry: off, breaker: off, on_error: off,
         timeout: {{first_byte: 1s, idle: 1s, total: 3s}}}}
  head: {{dialect: openai, base_url: "{url}/v1", credential: {{header: x-upstream-key}}, retry: off, breaker: off}}
  field: {{dialect: openai, base_url: "{url}/v1", credential: {{body: api_key}}, retry: off, breaker: off}}
  usual: {{dialect: anthropic, base_url: "{url}", credential: client, retry: off, breaker: off}}
models:
  "head/*": {{targets: ["head/*"]}}
  "field/*": {{targets: ["field/*"]}}
  "usual/*": {{targets: ["usual/*"]}}
  "*": {{targets: ["ours/*"]}}
endpoints:
  chat: {{path: /v1/chat/completions, surface: openai-chat}}
  raw: {{path: "/raw/{{path}}", pass: ours}}
  own: {{path: "/own/{{path}}", pass: head}}
  own-field: {{path: "/own-field/{{path}}", pass: field}}
clients:
  web: {{key: "${{env:STATIC}}"}}
  gone: {{key: "${{env:GONE}}", expires: 2020-01-01}}
  people: {{jwt: {{jwks_file: keys.json, audience: proxyctl, name: =claims.sub}}}}
"""

TEXT = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
CHUNK = {**TEXT, "choices": [{"index": 0, "delta": {"content": "ok"}, "finish_reason": None}]}
WHOLE = {
    "id": "c", "object": "chat.completion", "created": 1, "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "ok"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
}  # fmt: skip


def upstream(request: Request) -> Answer:
    """Fails as the model's name says, and repeats every key that it was sent."""
    key = request.headers.get("authorization", request.headers.get("x-api-key", "none"))
    ways = {
        "ok": sse_answer(CHUNK)
        if b'"stream":true' in request.body.replace(b" ", b"")
        else json_answer(WHOLE),
        "e400": json_answer({"error": {"message": f"bad request by {key}", "code": key}}, 400),
        "e401": json_answer({"error": {"message": f"incorrect key {key}, {key[:14]}****{key[-4:]}"}}, 401),
        "e429": json_answer({"error": {"message": f"too many of {key}"}}, 429, retry_after="1"),
        "e500": json_answer({"error": {"message": f"{key} broke it"}}, 500),
        "html": Answer(502, {"content-type": "text/html"}, [f"<p>{key}</p>".encode()]),
        "midway": sse_answer(CHUNK, {"error": {"message": f"{key} died"}}, end=False),
        "dropped": sse_answer(CHUNK, end=False, pieces=[None]),
        "silent": Answer(200, {"content-type": "text/event-stream"}, [2.0, None]),
        "garbage": Answer(200, {"content-type": "application/json"}, [f"{{{key}".encode()], None),
    }
    asked = json.loads(request.body).get("model", "ok") if request.body.startswith(b"{") else "ok"
    return ways[asked]


WAYS = ("ok", "e400", "e401", "e429", "e500", "html", "midway", "dropped", "silent", "garbage")


def requests(keys: list[str]) -> Iterator[tuple[str, dict[str, str], Any]]:
    """Path, headers and body of each request; a body that is bytes goes as it is."""
    chat = "/v1/chat/completions"
    for way in WAYS:
        for stream in (False, True):
            body = {"model": way, "messages": [{"role": "user", "content": "hi"}], "stream": stream}
            client = {"authorization": f"Bearer {STATIC}"}
            yield chat, client, body
            yield chat, {**client, "x-upstream-key": BROUGHT}, {**body, "model": f"head/{way}"}
            yield chat, client, {**body, "model": f"field/{way}", "api_key": BROUGHT}
            yield chat, client, {**body, "api_key": BROUGHT, "x_unknown": 1}
            yield chat, {**client, "x-api-key": BROUGHT}, {**body, "model": f"usual/{way}"}
    good = {"model": "ok", "messages": [{"role": "user", "content": "hi"}]}
    for key in (*keys, GONE, WRONG, BROUGHT, ADMIN):
        for header in ("authorization", "x-api-key"):
            yield chat, {header: f"Bearer {key}" if header == "authorization" else key}, good
        yield f"{chat}?key={key}", {}, good
        yield f"/nowhere/at/all?key={key}", {"authorization": f"Bearer {key}"}, good
        yield "/raw/chat/completions", {"x-api-key": key}, good
        yield "/own/chat/completions", {"x-api-key": key, "x-upstream-key": BROUGHT}, good
        yield "/own-field/chat/completions", {"x-api-key": key}, {**good, "api_key": BROUGHT}
        yield "/admin/config", {"authorization": f"Bearer {key}"}, None
        yield "/admin/clients", {"authorization": f"Bearer {key}x"}, {"name": "x"}
    client = {"authorization": f"Bearer {STATIC}"}
    for broken in (
        b'{"api_key": "' + BROUGHT.encode() + b'", ',
        b'{"model": 5, "api_key": "' + BROUGHT.encode() + b'"}',
    ):
        yield chat, client, broken
        yield "/own-field/x", client, broken
    for role in (5, "nobody"):
        yield (
            chat,
            client,
            {"model": "field/ok", "api_key": BROUGHT, "messages": [{"role": role, "content": "x"}]},
        )
    yield "/admin/clients", {"x-api-key": ADMIN}, {"name": "x", "key": WRONG}


def said(client: httpx.Client, path: str, headers: dict[str, str], body: Any) -> str:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else b""
    reply = "never"
    try:
        method = "POST" if body is not None else "GET"
        with client.stream(method, path, headers=headers, content=raw) as answer:
            reply = f"{answer.status_code} {dict(answer.headers)}"
            for piece in answer.iter_bytes():
                reply += piece.decode("utf-8", "replace")
    except httpx.HTTPError:
        reply += " broke off"
    return reply


def test_no_secret_leaves(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    env = {"OURS": OURS, "STATIC": STATIC, "GONE": GONE, "PROXYCTL_ADMIN_KEY": ADMIN, "TMPDIR": str(run)}
    with TestUpstream(upstream) as up:
        write_site(tmp_path, clients=SITE.format(url=up.url))
        (tmp_path / "keys.json").write_text(key_set(public("one")))
        with (
            EngineProcess(tmp_path, "--workers", "2", "--log-level", "debug", env=env) as engine,
            httpx.Client(base_url=engine.url, trust_env=False, timeout=30) as client,
        ):
            admin = {"authorization": f"Bearer {ADMIN}"}
            soon(lambda: client.get("/admin/clients", headers=admin).status_code == 200)
            made = client.post("/admin/clients", headers=admin, json={"name": "app"}).json()["key"]
            turned = client.post("/admin/clients/app/rotate", headers=admin, json={}).json()["key"]
            dead = client.post("/admin/clients", headers=admin, json={"name": "dead"}).json()["key"]
            client.post("/admin/clients/dead/revoke", headers=admin)
            tokens = [
                token(exp=time.time() + 600),
                token(exp=time.time() - 600),
                token("two", exp=time.time() + 600),
            ]
            keys = [STATIC, made, turned, dead, *tokens]
            answers = [said(client, *request) for request in requests(keys)]
            pages = [
                client.get(page, headers=admin).text
                for page in ("/metrics", "/admin/clients", "/admin/config")
            ]
            calls = [request.body for request in up.requests]
            files = [path for path in run.rglob("*") if path.is_file()]
            written = [path.read_bytes() for path in files]
    written += [path.read_bytes() for path in (tmp_path / ".proxyctl").rglob("*") if path.is_file()]
    written.append(engine.log.read_bytes())
    # As much came through as was meant to, and in every way.
    assert {answer.split()[0] for answer in answers} >= {"200", "400", "401", "404", "429", "502", "504"}
    assert len(written) > 5 and any(b"usage" in data for data in written)
    secrets = {ADMIN, STATIC, GONE, OURS, BROUGHT, WRONG, made, turned, dead, *tokens}
    secrets |= {part for each in tokens for part in each.split(".")[2:]}
    places = {"answer": [a.encode() for a in answers], "page": [p.encode() for p in pages], "file": written}
    found = [
        (place, secret[:12], data[max(0, at - 120) : at + 40])
        for place, all_data in places.items()
        for data in all_data
        for secret in (*secrets, "MARKED")
        if (at := data.find(secret.encode())) >= 0
    ]
    assert found == []
    # What the caller brings in its body goes up as a header alone.
    assert not any(BROUGHT.encode() in body for body in calls)
