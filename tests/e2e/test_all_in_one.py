"""`examples/all-in-one`: four services on one engine, each on its own path, none in another's way."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Any

import httpx

from tests.e2e.engine_process import EngineProcess
from tests.e2e.upstream import Answer, Request, TestUpstream, json_answer, sse_answer

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
ADMIN = "an-old-admin-key-0123456789"
PASSWORD = "an-old-password"


def platform(request: Request) -> Answer:
    """Says on which path, and for which model, it was asked."""
    text = f"{request.path} {request.json['model']}"
    choice = {"index": 0, "finish_reason": "stop"}
    if request.json.get("stream"):
        return sse_answer({"id": "c", "choices": [{**choice, "delta": {"content": text}}]})
    return json_answer(
        {"id": "c", "choices": [{**choice, "message": {"role": "assistant", "content": text}}]}
    )


def environment(url: str) -> dict[str, str]:
    return {
        "OPENAI_API_BASE": f"{url}/git",
        "LLM_API_URL": f"{url}/chat", "LLM_MODEL": "local",
        "CODEBUDDY_API_ENDPOINT": f"{url}/codebuddy", "CODEBUDDY_PASSWORD": PASSWORD,
        "BASE_URL": f"{url}/unified", "API_KEY": "sk-1234567", "ACTUAL_NAME": "real", "ADMIN_API_KEY": ADMIN,
    }  # fmt: skip


def asked(url: str, path: str, body: Any, key: str | None = None, status: int = 200) -> Any:
    headers = {"authorization": f"Bearer {key}"} if key else {}
    answer = httpx.post(f"{url}{path}", json=body, headers=headers, timeout=30, trust_env=False)
    assert answer.status_code == status, answer.text
    return answer.json()


def begun(url: str) -> str:
    """A conversation, as soon as the database can be asked."""
    deadline = time.monotonic() + 30
    while True:
        answer = httpx.post(f"{url}/chat-backend/conversations", timeout=30, trust_env=False)
        if answer.status_code == 200:
            return str(answer.json()["session_id"])
        assert time.monotonic() < deadline, answer.text
        time.sleep(0.05)


def test_each_of_the_four_on_its_path(tmp_path: Path) -> None:
    shutil.copytree(EXAMPLES / "all-in-one", tmp_path, dirs_exist_ok=True)  # links become copies
    creds = tmp_path / ".codebuddy_creds"
    creds.mkdir()
    (creds / "a.json").write_text(json.dumps({"bearer_token": "token-a"}))
    hi = {"model": "named", "messages": [{"role": "user", "content": "hi"}]}
    with TestUpstream(platform) as upstream, EngineProcess(tmp_path, env=environment(upstream.url)) as engine:
        url = engine.url
        git = asked(url, "/git/v1/commit-qa/", {"question": "why?", "api_key": "sk-of-the-caller"})
        assert git == {"answer": "/git/chat/completions gpt-3.5-turbo"}
        unified = asked(url, "/openai-proxy/v1/chat/completions", hi, ADMIN)
        assert unified["choices"][0]["message"]["content"] == "/unified/chat/completions real"
        asked(url, "/openai-proxy/v1/chat/completions", hi, None, 401)
        codebuddy = asked(url, "/codebuddy2api/codebuddy/v1/chat/completions", hi, PASSWORD)
        said = codebuddy["choices"][0]["message"]["content"]
        assert said.startswith("/codebuddy/") and said.endswith(" named")
        asked(url, "/codebuddy2api/codebuddy/v1/chat/completions", hi, ADMIN, 403)
        session = begun(url)
        turn = {"user_id": "ann", "session_id": session, "message": "hi"}
        assert asked(url, "/chat-backend/chat", turn)["assistant_reply"] == "/chat local"
        asked(url, "/v1/chat/completions", hi, ADMIN, 404)  # nothing but the four
