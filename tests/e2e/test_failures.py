"""Dead, slow, lying and huge upstreams, and malformed requests, seen from the client's side."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.engine_process import EngineProcess, free_port, write_site
from tests.e2e.upstream import Answer, Request, TestUpstream, json_answer, sse_answer

TEXT = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
SSE = {"content-type": "text/event-stream"}


def chunk(text: str, finish: str | None = None) -> dict[str, Any]:
    return {**TEXT, "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}]}


def frame(value: Any) -> bytes:
    return f"data: {json.dumps(value)}\n\n".encode()


WHOLE = {
    "id": "c", "object": "chat.completion", "created": 1, "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "ok"}, "finish_reason": "stop"}],
}  # fmt: skip

BEHAVIOURS: dict[str, Any] = {
    "ok": lambda stream: sse_answer(chunk("ok"), chunk("", "stop")) if stream else json_answer(WHOLE),
    "html": lambda _: Answer(200, {"content-type": "text/html"}, [b"<html>login</html>"]),
    "empty": lambda _: Answer(200, {"content-type": "application/json"}, [], 0),
    "null": lambda _: json_answer(None),
    "no-completion": lambda _: json_answer({"choices": 5}),
    "garbage-json": lambda _: Answer(200, {"content-type": "application/json"}, [b'{"id": "c", "cho'], None),
    "short": lambda _: Answer(200, {"content-type": "application/json"}, [b'{"id":', None], 500),
    "error-in-200": lambda _: json_answer(
        {"error": {"message": "busy", "type": "server_error", "code": "x"}}
    ),
    "redirect": lambda _: Answer(302, {"location": "http://127.0.0.1:1/"}, [b""], 0),
    "e429": lambda _: json_answer({"error": {"message": "slow down"}}, 429, retry_after="17"),
    "e500": lambda _: json_answer({"error": {"message": "boom"}}, 500),
    "e401": lambda _: json_answer({"error": {"message": "bad key sk-secret-key-123456"}}, 401),
    "not-http": lambda _: Answer(raw=True, pieces=[b"SSH-2.0-nope\r\n\r\n"]),
    "silent": lambda _: Answer(200, SSE, [30.0]),
    "truncated": lambda _: Answer(200, SSE, [frame(chunk("half"))]),
    "dropped": lambda _: Answer(200, SSE, [frame(chunk("half")), 0.05, None]),
    "garbage-midway": lambda _: Answer(200, SSE, [frame(chunk("half")), b"data: {nonsense\n\n"]),
    "error-midway": lambda _: Answer(200, SSE, [frame(chunk("half")), frame({"error": {"message": "died"}})]),
    "stalled": lambda _: Answer(200, SSE, [frame(chunk("half")), 30.0]),
    "trickle": lambda _: Answer(200, SSE, [b": ping\n\n", *([0.3, b": ping\n\n"] * 40)]),
    "huge-event": lambda _: Answer(200, SSE, [b"data: " + b"x" * 200_000]),
}


def upstream(request: Request) -> Answer:
    body = request.json
    return BEHAVIOURS[body["model"]](bool(body.get("stream")))


SITE = """
version: 1
providers:
  up:
    dialect: {dialect}
    base_url: "{url}/v1"
    key: "${{env:E2E_KEY}}"
    timeout: {{connect: 1s, first_byte: 1s, idle: 1s, total: 5s}}
    limits: {{event: 100KiB}}
    retry: off
  dead: {{dialect: openai, base_url: "http://127.0.0.1:{dead}/v1", retry: off}}
models:
  "dead": {{targets: [dead/x]}}
  "rescued": {{targets: [dead/x, up/e500, up/ok]}}
  "falls": {{targets: [up/e500], fallback: [ok]}}
  "*": {{targets: ["up/*"]}}
"""


# Both the mapped path and the one that passes bytes through must keep every promise.
@pytest.fixture(scope="module", params=["openai", "mapped"])
def base(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    site: Path = tmp_path_factory.mktemp("site")
    with TestUpstream(upstream) as server:
        files = {"main": SITE.format(url=server.url, dead=free_port(), dialect=request.param)}
        if request.param == "mapped":
            files["dialect"] = "version: 1\ndialects: {mapped: {extends: openai, passthrough: false}}\n"
        write_site(site, **files)
        with EngineProcess(site, env={"E2E_KEY": "sk-secret-key-123456"}) as engine:
            yield engine.url


def ask(base: str, model: str, *, stream: bool = False) -> httpx.Response:
    body = {"model": model, "stream": stream, "messages": [{"role": "user", "content": "hi"}]}
    return httpx.post(f"{base}/v1/chat/completions", json=body, timeout=20)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("model", "status"),
    [("html", 502), ("empty", 502), ("null", 502), ("no-completion", 502), ("garbage-json", 502), ("short", 502), ("redirect", 502),
     ("error-in-200", 502), ("e429", 429), ("e500", 502), ("e401", 502), ("not-http", 502), ("dead", 502),
     ("silent", 504), ("trickle", 504), ("huge-event", 502)],
)  # fmt: skip
def test_a_failure_before_the_first_byte_has_a_status(
    base: str, model: str, status: int, stream: bool
) -> None:
    answer = ask(base, model, stream=stream)
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["message"]
    assert "sk-secret-key-123456" not in answer.text
    if model == "e429":
        assert answer.headers["retry-after"] == "17"


@pytest.mark.parametrize("model", ["truncated", "dropped", "garbage-midway", "error-midway", "stalled"])
def test_a_stream_that_breaks_ends_with_an_error_event(base: str, model: str) -> None:
    text = ask(base, model, stream=True).text
    assert "half" in text
    assert "[DONE]" not in text
    frames = [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]
    assert set(frames[-1]["error"]) == {"message", "type", "param", "code"}
    assert not any("error" in earlier for earlier in frames[:-1])


@pytest.mark.parametrize("model", ["truncated", "dropped", "garbage-midway", "error-midway"])
def test_half_an_answer_never_looks_whole(base: str, model: str) -> None:
    """A client that did not ask for a stream gets an error when the upstream streams and breaks."""
    answer = ask(base, model)
    assert answer.status_code in (502, 504), answer.text


@pytest.mark.parametrize(("model", "attempts"), [("rescued", "3"), ("falls", "2")])
def test_another_target_or_alias_answers(base: str, model: str, attempts: str) -> None:
    answer = ask(base, model)
    assert answer.status_code == 200, answer.text
    assert answer.json()["choices"][0]["message"]["content"] == "ok"
    assert answer.headers["x-proxyctl-attempts"] == attempts


@pytest.mark.parametrize(
    ("body", "param"),
    [(b"{", None), (b"[]", None), (b"", None), (b'{"model":"ok"}', "messages"),
     (b'{"messages":[]}', "model"), (b'{"model":"ok","messages":[]}', "messages"),
     (b'{"model":"ok","messages":[{"role":"user","content":"x"}],"temperature":"hot"}', "temperature"),
     (b'{"model":"ok","messages":[{"role":"user","content":"x"}],"stream":"yes"}', "stream"),
     (b'{"model":"ok","messages":[{"role":"user","content":"x"}],"max_tokens":0}', "max_tokens")],
)  # fmt: skip
def test_a_malformed_request_names_the_parameter(base: str, body: bytes, param: str | None) -> None:
    headers = {"content-type": "application/json"}
    answer = httpx.post(f"{base}/v1/chat/completions", content=body, headers=headers)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert answer.json()["error"]["param"] == param


def test_deep_nesting_is_refused(base: str) -> None:
    for levels in (120, 900, 5000):
        body = (
            b'{"model":"ok","messages":[{"role":"user","content":"x"}],"x":'
            + b"[" * levels
            + b"]" * levels
            + b"}"
        )
        answer = httpx.post(f"{base}/v1/chat/completions", content=body)
        assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")


def test_unknown_paths_and_methods(base: str) -> None:
    missing = httpx.get(f"{base}/v1/nothing")
    assert missing.status_code == 404
    assert set(missing.json()["error"]) == {"message", "type", "param", "code"}
    wrong = httpx.get(f"{base}/v1/chat/completions")
    assert wrong.status_code == 405
    assert "POST" in wrong.headers["allow"]
