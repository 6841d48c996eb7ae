"""`examples/unified-proxy`, spoken to as clients of the service before it do; then all four services on one engine."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.engine_process import EngineProcess
from tests.e2e.upstream import Answer, Request, TestUpstream, json_answer, sse_answer

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
ADMIN = "an-old-admin-key-0123456789"
HI = {"model": "officeai", "messages": [{"role": "user", "content": "hi"}]}


def chunk(text: str, finish: str | None = None) -> dict[str, Any]:
    return {
        "id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m",
        "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}],
    }  # fmt: skip


def platform(request: Request) -> Answer:
    if request.path == "/v1/moderations":
        return json_answer({"id": "modr-1", "results": []})
    if request.path == "/v1/embeddings":
        vector = {"object": "embedding", "index": 0, "embedding": [0.5, -0.25]}
        usage = {"prompt_tokens": 1, "total_tokens": 1}
        return json_answer(
            {"object": "list", "data": [vector], "model": request.json["model"], "usage": usage}
        )
    if request.json.get("stream"):
        return sse_answer(chunk("Hel"), chunk("lo"), chunk("", "stop"))
    message = {"role": "assistant", "content": "Hello"}
    return json_answer(
        {
            "id": "c", "object": "chat.completion", "created": 1, "model": "m",
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7},
        }
    )  # fmt: skip


@pytest.fixture(scope="module")
def upstream() -> Iterator[TestUpstream]:
    with TestUpstream(platform) as upstream:
        yield upstream


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=30, trust_env=False) as http:
        yield http


def environment(upstream: TestUpstream) -> dict[str, str]:
    return {
        "ADMIN_API_KEY": ADMIN,
        "API_KEY": "sk-platform-secret",
        "BASE_URL": f"{upstream.url}/v1",
        "ACTUAL_NAME": "real-model",
    }


def opened(http: httpx.Client, engine: EngineProcess) -> OldClient:
    """Whoever may do all, once the database can be asked."""
    admin = OldClient(http, engine.url, ADMIN)
    deadline = time.monotonic() + 30
    while admin.ask("GET", "/admin/api-keys").status_code == 503:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return admin


class OldClient:
    """As the README of the old service says."""

    def __init__(self, http: httpx.Client, url: str, key: str | None) -> None:
        self.http, self.url = http, url
        self.headers = {"authorization": f"Bearer {key}"} if key else {}

    def ask(self, method: str, path: str, body: Any = None) -> httpx.Response:
        return self.http.request(method, f"{self.url}{path}", json=body, headers=self.headers)

    def told(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        answer = self.ask(method, path, body)
        assert answer.status_code == status, answer.text
        return answer.json()


def test_keys_from_their_making_over_a_restart_to_their_end(
    upstream: TestUpstream, http: httpx.Client, tmp_path: Path
) -> None:
    shutil.copytree(EXAMPLES / "unified-proxy", tmp_path, dirs_exist_ok=True)
    with EngineProcess(tmp_path, env=environment(upstream)) as engine:
        admin = opened(http, engine)
        made = admin.told(
            "POST", "/admin/api-keys", {"key_id": "web", "permissions": ["chat"], "expires_days": 1}
        )
        assert (made["key_id"], made["permissions"], made["description"]) == ("web", ["chat"], "")
        assert made["expires_at"] > made["created_at"]
        all_of_it = admin.told("POST", "/admin/api-keys", {"key_id": "all"})
        assert (
            all_of_it["permissions"] == ["chat", "completion", "embedding"]
            and all_of_it["expires_at"] is None
        )
        assert admin.told("POST", "/admin/api-keys", {"key_id": "web"}, 409)["detail"]
        fault = admin.told("POST", "/admin/api-keys", {"description": "x"}, 422)["detail"]
        assert fault[0]["loc"] == ["body", "key_id"]
        nobody = OldClient(http, engine.url, None)
        assert nobody.told("GET", "/admin/api-keys", None, 401) == {"detail": "Missing authorization header"}
        web = OldClient(http, engine.url, made["api_key"])
        refused = web.told("GET", "/admin/api-keys", None, 403)
        assert refused == {"detail": "Insufficient permissions. Required: admin"}
    with EngineProcess(tmp_path, env=environment(upstream)) as engine:
        admin, web, nobody = (
            opened(http, engine),
            OldClient(http, engine.url, made["api_key"]),
            OldClient(http, engine.url, None),
        )
        uses(web, upstream)
        assert nobody.told("POST", "/v1/chat/completions", HI, 401) == {
            "detail": "Missing authorization header"
        }
        wrong = OldClient(http, engine.url, "officeai-wrong")
        assert wrong.told("GET", "/v1/models", None, 401) == {"detail": "Invalid or expired API key"}
        for what, path in (("chat", "/v1/chat/completions"), ("embedding", "/v1/embeddings")):
            refused = {"detail": f"Insufficient permissions. Required: {what}"}
            assert wrong.told("POST", path, HI, 403) == refused
        embeds(web, OldClient(http, engine.url, all_of_it["api_key"]), upstream)
        conversations(web, OldClient(http, engine.url, all_of_it["api_key"]))
        remembers(web, upstream)
        passes(web, admin, nobody, upstream)
        keys = admin.told("GET", "/admin/api-keys")["keys"]
        assert (
            set(keys) == {"web", "all"}
            and keys["web"]["permissions"] == ["chat"]
            and keys["web"]["is_active"]
        )
        body = {"api_key": made["api_key"]}
        assert admin.told("DELETE", "/admin/api-keys", body) == {"message": "API key revoked successfully"}
        assert admin.told("DELETE", "/admin/api-keys", {"api_key": "x"}, 404) == {
            "detail": "API key not found"
        }
        assert admin.told("GET", "/admin/api-keys")["keys"]["web"]["is_active"] is False
    lines = [json.loads(line) for line in engine.log.read_text().splitlines() if line.startswith("{")]
    said = engine.log.read_text()
    assert lines and not [key for key in (ADMIN, "sk-platform-secret", made["api_key"]) if key in said]


def uses(web: OldClient, upstream: TestUpstream) -> None:
    assert web.told("POST", "/v1/chat/completions", HI)["choices"][0]["message"]["content"] == "Hello"
    asked = upstream.requests[-1]
    assert (asked.path, asked.json) == ("/v1/chat/completions", {**HI, "model": "real-model"})
    assert asked.headers["authorization"] == "Bearer sk-platform-secret"
    answer = web.ask("POST", "/v1/chat/completions", {**HI, "stream": True})
    assert answer.headers["content-type"].startswith("text/event-stream")
    frames = answer.text.split("\n\n")
    assert frames[-2:] == ["data: [DONE]", ""] and answer.text.count("[DONE]") == 1
    chunks = [json.loads(frame.removeprefix("data: ")) for frame in frames[:-2]]
    said = [choice["delta"].get("content") or "" for one in chunks for choice in one["choices"]]
    assert "".join(said) == "Hello"
    assert web.told("GET", "/v1/models")["data"][0]["id"] == "real-model"
    fault = web.told("POST", "/v1/chat/completions", {"model": "x"}, 400)["error"]
    assert fault["type"] == "invalid_request_error" and fault["param"] == "messages"
    refused = web.told("POST", "/v1/completions", {"model": "x", "prompt": "hi"}, 403)
    assert refused == {"detail": "Insufficient permissions. Required: completion"}


def embeds(web: OldClient, allowed: OldClient, upstream: TestUpstream) -> None:
    body = {"model": "officeai", "input": "hi"}
    refused = web.told("POST", "/v1/embeddings", body, 403)
    assert refused == {"detail": "Insufficient permissions. Required: embedding"}
    answer = allowed.told("POST", "/v1/embeddings", body)
    assert answer["data"][0]["embedding"] == [0.5, -0.25]
    assert (upstream.requests[-1].path, upstream.requests[-1].json["model"]) == (
        "/v1/embeddings",
        "real-model",
    )
    legacy = allowed.told("POST", "/v1/completions", {"model": "officeai", "prompt": "hi"})
    assert legacy["choices"][0]["text"] == "Hello"


def conversations(web: OldClient, other: OldClient) -> None:
    made = web.told(
        "POST", "/conversations/", {"user_identifier": "ann", "title": "Greeting", "session_id": "s-1"}
    )
    assert (made["session_id"], made["user_identifier"], made["messages"]) == ("s-1", "ann", [])
    added = web.told(
        "POST", "/conversations/s-1/messages", {"role": "user", "content": "hi", "token_count": 1}
    )
    assert (added["role"], added["content"], added["token_count"], added["model_name"]) == (
        "user",
        "hi",
        1,
        None,
    )
    assert web.told("GET", "/conversations/s-1/messages?limit=5") == [added]
    assert web.told("GET", "/conversations/s-1")["messages"] == [added]
    assert web.told("PUT", "/conversations/s-1", {"title": "Other"})["title"] == "Other"
    assert [each["title"] for each in web.told("GET", "/conversations/user/ann")] == ["Other"]
    assert web.told("GET", "/conversations/user/bob?limit=7&offset=0") == []
    turn = web.told("POST", "/conversations/s-1/chat", {"message": "again"})
    assert turn["choices"][0]["message"]["content"] == "Hello"
    assert [each["role"] for each in web.told("GET", "/conversations/s-1/messages")] == [
        "user",
        "user",
        "assistant",
    ]
    for method in ("GET", "DELETE"):
        assert other.told(method, "/conversations/s-1", None, 404) == {"detail": "Conversation not found"}
    assert web.told("DELETE", "/conversations/s-1") == {"message": "Conversation deleted successfully"}
    assert web.told("GET", "/conversations/s-1", None, 404) == {"detail": "Conversation not found"}


def remembers(web: OldClient, upstream: TestUpstream) -> None:
    """Chats with a session are written down, each message once, streamed or not."""
    session = OldClient(web.http, web.url, None)
    session.headers = {**web.headers, "x-session-id": "seen", "x-user-id": "ann"}
    assert session.told("POST", "/v1/chat/completions", HI)["choices"][0]["message"]["content"] == "Hello"
    said = [*HI["messages"], {"role": "assistant", "content": "Hello"}, {"role": "user", "content": "again"}]
    answer = session.ask("POST", "/v1/chat/completions", {**HI, "messages": said, "stream": True})
    assert answer.text.endswith("data: [DONE]\n\n")
    assert upstream.requests[-1].json["messages"] == said
    stored = web.told("GET", "/conversations/seen")
    assert (stored["session_id"], stored["user_identifier"]) == ("seen", "ann")
    assert [(each["role"], each["content"]) for each in stored["messages"]] == [
        ("user", "hi"), ("assistant", "Hello"), ("user", "again"), ("assistant", "Hello"),
    ]  # fmt: skip
    assert stored["messages"][1]["token_count"] == 4
    assert [each["session_id"] for each in web.told("GET", "/conversations/user/ann")] == ["seen"]


def passes(web: OldClient, admin: OldClient, nobody: OldClient, upstream: TestUpstream) -> None:
    assert admin.told("POST", "/v1/moderations", {"input": "hi"})["id"] == "modr-1"
    assert upstream.requests[-1].headers["authorization"] == "Bearer sk-platform-secret"
    before = len(upstream.requests)
    web.told("POST", "/v1/moderations", {"input": "hi"}, 403)
    nobody.told("POST", "/v1/moderations", {"input": "hi"}, 401)
    admin.told("POST", "/v1/fine_tuning/jobs", {}, 404)
    assert len(upstream.requests) == before
    assert nobody.told("GET", "/health") == {"status": "healthy", "service": "openai-proxy"}
    assert nobody.told("GET", "/models")["data"][0]["id"] == "real-model"
