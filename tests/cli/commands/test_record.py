from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.cli.main import main
from tests.cli.sites import site
from tests.e2e.upstream import Answer, Request, TestUpstream, json_answer, sse_answer

KEY = "up/secret+key-1234567"
SITE = """version: 1
providers:
  up: {dialect: openai, base_url: "${env:H4_UP}/v1", key: "${env:H4_KEY}"}
  other: {dialect: anthropic, base_url: "${env:H4_UP}", key: "${env:H4_KEY}"}
  spare: {dialect: mock, base_url: "scripted:"}
models:
  smart: {targets: [up/m-1], fallback: [mock]}
  other: {targets: [other/c-1]}
  mock: {targets: [spare/m]}
"""
CHUNK = {"id": "c9", "object": "chat.completion.chunk", "created": 1764, "model": "m-1"}
BLOCKS = {"id": "msg_1", "type": "message", "role": "assistant", "model": "c-1", "stop_reason": "end_turn"}
EVENTS: tuple[dict[str, Any], ...] = (
    {"type": "message_start", "message": {**BLOCKS, "content": [], "usage": {"input_tokens": 3}}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Grüße"}},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}},
    {"type": "message_stop"},
)


def completion(text: str) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return {"id": "c9", "object": "chat.completion", "created": 1764, "model": "m-1", "choices": [choice]}


def chunk(text: str, finish: str | None = None) -> dict[str, Any]:
    return {**CHUNK, "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}]}


def blocks(*texts: str) -> Answer:
    parts = [{"type": "text", "text": text} for text in texts]
    return json_answer({**BLOCKS, "content": parts, "usage": {"input_tokens": 3, "output_tokens": 1}})


class Shell:
    """A site whose upstream gives `answer`; `proxyctl` against it."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.root, self._capsys = root, capsys
        self.answer = json_answer(completion("Hello"))
        self.upstream = TestUpstream(lambda request: self.answer)

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        try:
            code = main(["--site", str(self.root), *arguments])
        except SystemExit as left:
            code = int(str(left.code))
        return code, *self._capsys.readouterr()

    def recorded(self, *arguments: str) -> dict[str, Any]:
        """The last case of the file that was written; every case in it passes, offline, twice."""
        code, out, err = self("record", *arguments, "--write", "routes.d/rec.test.yaml")
        assert code == 0 and "1 test passed, 0 failed" in out, out + err
        for _ in range(2):
            code, out, err = self("test")
            assert (code, "0 failed" in out) == (0, True), out + err
        assert KEY not in self.text
        tests: list[dict[str, Any]] = yaml.safe_load(self.text)["tests"]
        return tests[-1]

    @property
    def text(self) -> str:
        return (self.root / "routes.d" / "rec.test.yaml").read_text(encoding="utf-8")

    @property
    def asked(self) -> list[Request]:
        return self.upstream.requests


@pytest.fixture
def shell(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Shell]:
    found = Shell(Path(site(tmp_path, a=SITE)), capsys)
    with found.upstream as upstream:
        monkeypatch.setenv("H4_UP", upstream.url)
        monkeypatch.setenv("H4_KEY", KEY)
        yield found


def test_a_whole_answer_is_asked_for_once_with_the_real_credential(shell: Shell) -> None:
    case = shell.recorded("smart", "Say hello.")
    (asked,) = shell.asked
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert (case["name"], case["endpoint"]) == ("smart answers 200", "openai-chat")
    assert case["response"] == case["expect"]["answer"] == completion("Hello")
    turns = [{"role": "user", "content": "Say hello."}]
    assert case["given"]["body"] == {"model": "smart", "messages": turns}
    assert case["expect"]["request"] == {
        "method": "POST", "path": "/chat/completions", "body": {"model": "m-1", "messages": turns}
    }  # fmt: skip


def test_it_is_printed_where_nothing_is_to_be_written(shell: Shell) -> None:
    code, out, err = shell("record", "smart", "--name", "says hello")
    assert (code, err, len(shell.asked)) == (0, "", 1)
    assert [path.name for path in (shell.root / "routes.d").iterdir()] == ["a.yaml"]
    (shell.root / "routes.d" / "b.test.yaml").write_text(out)
    assert "ok   openai-chat: says hello" in shell("test", "-v")[1]


def test_a_stream(shell: Shell) -> None:
    shell.answer = sse_answer(chunk("Hel"), chunk("lo", "stop"))
    case = shell.recorded("smart", "--stream")
    assert case["stream"].count("data: ") == 3 and case["stream"].endswith("data: [DONE]\n\n")
    assert case["expect"]["frames"][-1] == "[DONE]" and len(case["expect"]["frames"]) == 3


def test_a_stream_that_is_cut(shell: Shell) -> None:
    shell.answer = sse_answer(chunk("Hel"), end=False, pieces=[None])
    case = shell.recorded("smart", "--stream")
    first, last = case["expect"]["frames"]
    assert (first["choices"][0]["delta"]["content"], "error" in last) == ("Hel", True)


def test_another_dialect_has_ids_and_times_that_stand_still(shell: Shell) -> None:
    events = "".join(f"event: {each['type']}\ndata: {json.dumps(each)}\n\n" for each in EVENTS)
    shell.answer = Answer(200, {"content-type": "text/event-stream"}, [events.encode()])
    frame = shell.recorded("other", "--stream")["expect"]["frames"][0]
    assert (frame["created"], frame["choices"][0]["delta"]["content"]) == (1_700_000_000, "Grüße")
    shell.answer = blocks("Hello")
    assert shell.recorded("other")["expect"]["answer"]["choices"][0]["message"]["content"] == "Hello"


def test_another_protocol_of_the_client(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    shell.answer = blocks("Hello")
    body = {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(body)))
    case = shell.recorded("--body", "-", "--path", "/v1beta/models/other:generateContent")
    assert case["given"] == {"body": body, "path": {"model": "other", "action": "generateContent"}}
    assert case["expect"]["answer"]["candidates"][0]["content"]["parts"] == [{"text": "Hello"}]


def test_an_action_and_another_operation(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    action = "action: complete, with: {model: smart, input: =body.q}, response: {a: =result.text}"
    (shell.root / "routes.d" / "b.yaml").write_text(
        f"version: 1\nendpoints:\n  ask: {{path: /ask, {action}}}\n  vec: {{path: /vec, surface: openai-embeddings}}\n"
    )
    monkeypatch.setattr("sys.stdin", io.StringIO('{"q": "Hi"}'))
    assert shell.recorded("--body", "-", "--path", "/ask")["expect"]["answer"] == {"a": "Hello"}
    vectors = {
        "object": "list",
        "model": "m-1",
        "data": [{"object": "embedding", "index": 0, "embedding": [0.5]}],
    }
    shell.answer = json_answer(vectors)
    monkeypatch.setattr("sys.stdin", io.StringIO('{"input": "Hi"}'))
    told = shell.recorded("smart", "--body", "-", "--path", "/vec")["expect"]["answer"]
    assert told["data"][0]["embedding"] == [0.5]


@pytest.mark.parametrize("status", [401, 429, 500])
def test_errors_of_the_upstream_are_asked_for_once(shell: Shell, status: int) -> None:
    error = {"error": {"message": "not now", "type": "t", "code": "c"}}
    shell.answer = json_answer(error, status, retry_after="30", set_cookie="a=b")
    case = shell.recorded("smart")
    headers = {"content-type": "application/json", "retry-after": "30"}
    assert case["error"] == {"status": status, "headers": headers, "json": error}
    assert case["expect"]["status"] >= 400 and len(shell.asked) == 1


def test_a_case_is_added_and_what_stands_in_the_file_stays(shell: Shell) -> None:
    before = """# by hand
version: 1
tests:
- name:   the mock      # odd, but ours
  model: mock
  expect: {finish: stop}"""
    (shell.root / "routes.d" / "rec.test.yaml").write_text(before)
    assert shell.recorded("smart", "--name", "one")["name"] == "one"
    assert shell.recorded("smart", "--name", "two")["name"] == "two"
    assert shell.text.startswith(f"{before}\n- name: one\n")
    assert [each["name"] for each in yaml.safe_load(shell.text)["tests"]] == ["the mock", "one", "two"]


@pytest.mark.parametrize(
    "before", ["version: 1\ntests: [{name: n, model: mock, expect: {finish: stop}}]\n", "a: ["]
)
def test_a_file_that_cannot_be_added_to_stays_as_it_is(shell: Shell, before: str) -> None:
    path = shell.root / "routes.d" / "other.test.yaml"
    path.write_text(before)
    code, _, err = shell("record", "smart", "--write", "routes.d/other.test.yaml")
    assert code == 1 and path.read_text() == before
    assert "name another" in err or "other.test.yaml" in err


def test_a_credential_that_is_echoed_is_not_written(shell: Shell) -> None:
    slashed = json.dumps({**chunk(f"key {KEY}")}).replace("/", "\\/")
    shell.answer = Answer(
        200, {"content-type": "text/event-stream"}, [f"data: {slashed}\n\ndata: [DONE]\n\n".encode()]
    )
    assert "key ***" in shell.recorded("smart", f"mine is {KEY}", "--stream")["stream"]
    shell.answer = json_answer({"error": {"message": f"bad key {KEY}, or sk-abcdefghijklmnopqrst"}}, 401)
    assert shell.recorded("smart")["error"]["json"]["error"]["message"] == "bad key ***, or sk-[redacted]"
    assert "secret+key" not in shell.text


def test_a_token_that_was_asked_for_is_not_written(shell: Shell) -> None:
    token = "tok/of-the-hour"
    (shell.root / "routes.d" / "b.yaml").write_text(f"""version: 1
dialects:
  corp: {{extends: openai-compatible, auth: [{{scheme: oauth2, token_url: "{shell.upstream.url}/token"}}]}}
providers: {{corp: {{dialect: corp, base_url: "${{env:H4_UP}}/v1", pool: corp}}}}
pools: {{corp: {{credentials: [{{client_id: ours, client_secret: "${{env:H4_KEY}}"}}]}}}}
models: {{corp: {{targets: [corp/m-1]}}}}
""")
    told = json_answer(completion(f"your {token}"))
    granted = json_answer({"access_token": token, "token_type": "Bearer", "expires_in": 3600})
    shell.upstream.handler = lambda request: granted if request.path == "/token" else told
    case = shell.recorded("corp")
    assert shell.asked[-1].headers["authorization"] == f"Bearer {token}" and token not in shell.text
    assert case["response"]["choices"][0]["message"]["content"] == "your ***"


def test_a_credential_in_pieces_is_refused(shell: Shell) -> None:
    shell.answer = blocks(KEY[:9], KEY[9:])
    code, out, err = shell("record", "other", "--write", "routes.d/rec.test.yaml")
    assert (code, out) == (1, "") and "a credential of the site" in err and KEY not in err
    assert not (shell.root / "routes.d" / "rec.test.yaml").exists()


def test_bytes_that_are_no_text_are_refused(shell: Shell) -> None:
    shell.answer = Answer(200, {"content-type": "audio/mpeg"}, [b"\xff\xfb\x90"], 3)
    (shell.root / "body.json").write_text(json.dumps({"model": "smart", "input": "Hi", "voice": "alloy"}))
    body = str(shell.root / "body.json")
    code, _, err = shell("record", "--body", body, "--path", "/v1/audio/speech")
    assert code == 1 and "other bytes (audio/mpeg)" in err


def test_no_connection(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("H4_UP", "http://127.0.0.1:1")
    code, out, err = shell("record", "smart")
    assert (code, out) == (1, "") and "nothing was recorded: cannot connect to 127.0.0.1:1" in err


def test_what_is_refused_before_it_is_sent(shell: Shell) -> None:
    code, _, err = shell("record", "nope")
    assert code == 1 and "refused before it is sent, with 404" in err and "'nope'" in err
    code, _, err = shell("record", "smart", "${env:HOME}")
    assert code == 1 and "${env:HOME}" in err and shell.asked == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "name a MODEL"),
        (["smart", "Hi", "--body", "x"], "not both"),
        (["smart", "--body", "/nope"], "No such file"),
        (["smart", "--write", "routes.d/x.yaml"], "end in .test.yaml"),
        (["smart", "--write", "../x.test.yaml"], "end in .test.yaml"),
        (["smart", "--path", "/v1/chat/completion"], "did you mean /v1/chat/completions?"),
        (["smart", "--path", "/v1/messages/count_tokens"], "kind 'count'"),
        (["smart", "--path", "/v1beta/models/other:generateContent"], "leave MODEL out"),
        (["smart", "--path", "/v1/models"], "no endpoint of the site takes a body there"),
    ],
)
def test_wrong_usage(shell: Shell, arguments: list[str], message: str) -> None:
    code, _, err = shell("record", *arguments)
    assert code == 2 and message in err and shell.asked == []
