from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from engine.cli.main import main
from tests.cli.sites import GOOD, site


def test_where_a_request_goes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = site(tmp_path, a=GOOD)
    assert main(["--site", root, "explain", "smart", "--client", "web"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("smart → alias smart (exact name), routes.d/a.yaml:7:")
    assert "acme: not tried, missing H8_ACME_KEY" in out
    assert "1. demo/demo by dialect mock" in out and "POST scripted:/chat" in out
    assert "fallback alias demo" in out
    assert "retry_same → next_target → fallback" in out


def test_a_model_that_the_client_may_not_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--site", site(tmp_path, a=GOOD), "explain", "smart"]) == 1
    out = capsys.readouterr().out
    assert "the client gets 404 at once" in out and "next_target" not in out


def test_a_whole_body_from_a_file_or_from_standard_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = site(tmp_path, a=GOOD)
    body = {"model": "demo", "messages": [{"role": "user", "content": "Good morning"}]}
    (tmp_path / "body.json").write_text(json.dumps(body))
    flags = ["--site", root, "explain", "--format", "json", "--body"]
    assert main([*flags, str(tmp_path / "body.json")]) == 0
    from_file = json.loads(capsys.readouterr().out)
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(body)))
    assert main([*flags, "-", "--stream"]) == 0
    from_stdin = json.loads(capsys.readouterr().out)
    assert from_file["legs"][0]["targets"][0]["request"]["body"]["body"]["text"] == "Good morning"
    assert "frames" in from_stdin["legs"][0]["targets"][0]["request"]["body"]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ([], "name a model"),
        (["--body", "nowhere.json"], "nowhere.json"),
        (["demo", "--client", "nobody"], "no client"),
    ],
)
def test_wrong_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], flags: list[str], message: str
) -> None:
    assert main(["--site", site(tmp_path, a=GOOD), "explain", *flags]) == 2
    assert message in capsys.readouterr().err


def test_a_body_that_is_no_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "body.json").write_text("[1]")
    assert main(["--site", site(tmp_path, a=GOOD), "explain", "--body", str(tmp_path / "body.json")]) == 2
    assert "JSON object" in capsys.readouterr().err


def test_secrets_are_masked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("H8_ACME_KEY", "very-secret-key")
    text = GOOD.replace(
        'dialect: mock, base_url: "scripted:", key', 'dialect: openai, base_url: "https://a.test/v1", key'
    )
    root = site(tmp_path, a=text)
    assert main(["--site", root, "explain", "acme/big"]) == 0
    out = capsys.readouterr().out
    assert "https://a.test/v1/chat/completions" in out and "authorization: Bearer ***" in out
    assert "very-secret-key" not in out


def test_what_would_be_lost(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "body.json").write_text('{"seed": 7, "messages": [{"role": "user", "content": "Hi"}]}')
    root = site(tmp_path, a=GOOD)
    assert main(["--site", root, "explain", "demo", "--body", str(tmp_path / "body.json")]) == 0
    assert "not carried: seed (unsupported: warn)" in capsys.readouterr().out


def test_what_the_environment_holds_is_masked_wherever_it_goes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("H8_WORD", "hidden/word")
    monkeypatch.setenv("H8_URL", "https://q.test/v1")
    text = """version: 1
dialects:
  d:
    params: {word: null}
    operations:
      chat:
        request: {path: /x, query: {w: =params.word}, headers: {x-w: "a ${params.word}"}, body: {w: [=params.word]}}
        response: {events: [{text: =data.t}]}
providers:
  p: {dialect: d, base_url: "${env:H8_URL}", headers: {x-h: "${env:H8_WORD}"}, params: {word: "${env:H8_WORD}"}}
models: {m: {targets: [p/m]}}
"""
    for flags in ([], ["--format", "json"]):
        assert main(["--site", site(tmp_path / str(len(flags)), a=text), "explain", "m", *flags]) == 0
        out = capsys.readouterr().out
        assert "https://q.test/v1/x?w=***" in out and "hidden" not in out and "a ***" in out


ROUTED = """
version: 1
providers:
  demo: {dialect: mock, base_url: "scripted:", health: {path: /up, every: 10s}}
  other: {dialect: mock, base_url: "scripted:", breaker: off}
models:
  smart:
    strategy: sticky
    by: conversation
    targets: [{provider: demo, model: m, context: 16k, price: {input: 1, output: 2}}, other/n]
    canary: {target: other/new, share: 5%, by: client}
    mirror: {target: other/shadow, share: 10%}
  tight: {targets: [{provider: demo, model: m, context: 3}]}
  quick: {strategy: lowest_latency, explore: 7%, targets: [demo/m, other/n]}
"""


def test_how_a_target_is_chosen_and_when_it_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = site(tmp_path, a=ROUTED)
    assert main(["--site", root, "explain", "smart"]) == 0
    out = capsys.readouterr().out
    assert "(strategy sticky)" in out and "by conversation" in out
    assert "canary: 5% begin at other/new, the same for the same client" in out
    assert "mirror: 10% are copied to other/shadow" in out
    assert out.count("47.5% begin here") == 2 and "5% begin here" in out
    assert (
        "breaker: 5 failures in 30s leave it alone for 15s · health: /up every 10s · context 16000: fits"
        in out
    )
    assert "about $0.00" in out and "breaker off" in out


def test_a_request_that_does_not_fit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = site(tmp_path, a=ROUTED)
    assert main(["--site", root, "explain", "tight"]) == 0
    assert "context 3: does not fit, about 9 tokens" in capsys.readouterr().out
    assert main(["--site", root, "explain", "quick"]) == 0
    assert "7% look at other targets" in capsys.readouterr().out


ENDPOINT = (
    GOOD
    + """
endpoints:
  ask: {path: "/ask/{who}", action: complete, with: {model: demo, input: "=path.who", credential: =body.key}}
"""
)


def test_an_endpoint_with_an_action(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = site(tmp_path, a=ENDPOINT)
    assert main(["--site", root, "explain", "--endpoint", "ask", "--path", "who=Ann"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("ask → action complete, POST /ask/{who}")
    assert '"content": "Ann"' in out and "1. demo/demo by dialect mock" in out
    assert main(["--site", root, "explain", "--endpoint", "other"]) == 2
    assert "there are: ask" in capsys.readouterr().err


def test_what_else_than_a_chat_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = site(tmp_path, a=GOOD.replace("endpoints", "endpoints_"))
    flags = ["--site", root, "explain", "demo", "--format", "json", "--surface"]
    assert main([*flags, "openai-embeddings"]) == 0
    target = json.loads(capsys.readouterr().out)["legs"][0]["targets"][0]
    assert target["request"]["url"] == "scripted:/embeddings"
    assert main([*flags, "gemini", "--operation", "embeddings", "--path", "model=demo"]) == 1
    assert main([*flags, "openai-chat", "--operation", "rerank"]) == 2
    assert "that it has: chat" in capsys.readouterr().err


JOBS = """version: 1
providers:
  jobs: {dialect: replicate, base_url: "https://jobs.test"}
models:
  job: {targets: [jobs/acme/big]}
"""


def test_the_calls_that_follow_the_first_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--site", site(tmp_path, a=JOBS), "explain", "job"]) == 0
    out = capsys.readouterr().out
    assert "then GET /predictions/${data.id}" in out and "every 1s until =get(tables.done" in out
    assert "when nobody waits any more: POST /predictions/${data.id}/cancel" in out
