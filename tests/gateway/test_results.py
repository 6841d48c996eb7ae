"""Operations beside the chat, as dialogues: the same line, with results instead of events."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from engine.errors import UpstreamFailed
from engine.events import Inbound
from engine.gateway.results import parse_answer, usage_of
from engine.snapshot.model import Client, Endpoint
from tests.gateway.limited import Limited
from tests.gateway.playbook import Game, Heard, Json, Line, Reply, Status, heard

SITE = """
  vectors:
    passthrough: true
    auth: {header: authorization, value: "Bearer ${credential.key}"}
    operations:
      chat:
        request: {path: /gen, body: {model: =model}}
        response: {events: [{text: =data.text}]}
      embeddings:
        wire: openai-embeddings
        request: {path: /embed, body: {model: =model, texts: =body.input, dim: =body.dimensions}}
        response: {vectors: =data.made, usage: {prompt: =data.n}, model: =data.by}
      rerank:
        request: {path: /rank, body: {q: =body.query}}
        response: {results: =data.found, usage: {units: =data.units}}
    error:
      when: =data.failed
      map: {message: =data.message}
providers:
  a: {dialect: vectors, base_url: "https://a.test", key: sk-secret-a, passthrough: off}
  b: {dialect: vectors, base_url: "https://b.test", key: sk-secret-b, retry: off}
  raw: {dialect: vectors, base_url: "https://r.test", key: sk-secret-r}
  chats: {dialect: plain, base_url: "https://c.test", key: sk-secret-c}
models:
  small: {targets: [a/m1, b/m2], price: {input: 2, per: 1M}}
  mixed: {targets: [chats/m, a/m1]}
  chats: {targets: [chats/m]}
  raw: {targets: [raw/m9]}
  ranked: {targets: [a/r], price: {unit: 0.002}}
clients:
  web: {key: k, limits: {tpm: 1000}}
"""
EMBEDDINGS = Endpoint(
    "e", "/v1/embeddings", ("POST",), "operation", "openai-embeddings", operation="embeddings"
)
RERANK = Endpoint("r", "/v1/rerank", ("POST",), "operation", "rerank", operation="rerank")
GOOD = Json({"made": [[0.5, -1.0]], "n": 3, "by": "embed-1"})


def ask(
    game: Game, *script: Line, endpoint: Endpoint = EMBEDDINGS, client: Client | None = None, **body: Any
) -> Heard:
    game.upstream.script = list(script)
    request = Inbound("POST", endpoint.path, {}, {}, orjson.dumps({"model": "small", **body}), "req-1")

    async def play() -> Heard:
        return await heard(await game.gateway.perform(game.snapshot, endpoint, request, client))

    answer = game.run(play())
    assert not game.upstream.script, "calls that were not made"
    return answer


def test_an_embedding_is_mapped_counted_and_paid_for() -> None:
    game = Game(SITE)
    answer = ask(game, GOOD, input="hi", dimensions=2)
    assert (answer.status, answer.content_type) == (200, "application/json")
    assert answer.data == {
        "object": "list",
        "data": [{"object": "embedding", "index": 0, "embedding": [0.5, -1.0]}],
        "model": "embed-1",
        "usage": {"prompt_tokens": 3, "total_tokens": 3},
    }
    call = game.upstream.calls[0]
    assert (call.url, orjson.loads(call.body)) == (
        "https://a.test/embed",
        {"model": "m1", "texts": "hi", "dim": 2},
    )
    assert answer.headers["x-proxyctl-target"] == "a/m1"
    row = game.usage[0]
    assert (row["surface"], row["alias"], row["target"], row["status"]) == (
        "openai-embeddings",
        "small",
        "a/m1",
        200,
    )
    assert (row["prompt"], row["output"], row["cost"], row["streamed"]) == (3, 0, 6e-06, False)
    assert game.world.counted("proxyctl_tokens_total", kind="prompt") == 3
    assert game.all_closed


def test_base64_is_made_here_where_the_platform_gives_numbers() -> None:
    answer = ask(Game(SITE), GOOD, input="hi", encoding_format="base64")
    assert answer.data["data"][0]["embedding"] == "AAAAPwAAgL8="


def test_it_fails_over_as_a_chat_does() -> None:
    game = Game(SITE)
    answer = ask(game, Status(401), GOOD, input="hi")
    assert answer.status == 200
    assert [call.url for call in game.upstream.calls] == ["https://a.test/embed", "https://b.test/embed"]
    assert answer.headers["x-proxyctl-attempts"] == "2"


def test_a_target_without_the_operation_is_passed_over() -> None:
    game = Game(SITE)
    assert ask(game, GOOD, model="mixed", input="hi").status == 200
    assert [call.url for call in game.upstream.calls] == ["https://a.test/embed"]


def test_a_model_that_has_no_such_operation_says_so() -> None:
    answer = ask(Game(SITE), model="chats", input="hi")
    assert (answer.status, answer.error["code"], answer.error["param"]) == (
        400,
        "unsupported_operation",
        "model",
    )
    assert "'plain' has no operation 'embeddings'" in answer.error["message"]


def test_bytes_pass_where_both_speak_the_same() -> None:
    game, raw = Game(SITE), b'{ "made": [[1]], "n": 5 }'
    answer = ask(game, Reply(200, [raw]), model="raw", input=["a"], odd=1)
    assert answer.raw == raw
    assert orjson.loads(game.upstream.calls[0].body) == {"model": "m9", "input": ["a"], "odd": 1}
    assert game.usage[0]["prompt"] == 5


def test_what_no_mapping_carries_is_told() -> None:
    answer = ask(Game(SITE), GOOD, input="hi", user="u", encoding_format="float")
    assert answer.headers["x-proxyctl-unsupported"] == "user"


def test_search_units_have_a_price() -> None:
    game = Game(SITE)
    found = Json({"found": [{"index": 1, "score": 0.9}], "units": 2})
    answer = ask(game, found, endpoint=RERANK, model="ranked", query="q", documents=["a", "b"])
    assert answer.data["results"] == [{"index": 1, "relevance_score": 0.9}]
    assert answer.data["meta"]["billed_units"] == {"search_units": 2}
    assert game.usage[0]["cost"] == 0.004


def test_limits_count_the_prompt_and_no_answer() -> None:
    game = Limited(SITE)
    web = game.by("web")
    answer = ask(game, GOOD, input="x" * 400, client=web)
    assert answer.headers["x-ratelimit-limit-tokens"] == "1000"
    answer = ask(game, input="x" * 8000, client=web)
    assert (answer.status, answer.error["type"]) == (429, "rate_limit_error")


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (Json({"n": 3}), "unreadable_answer"),
        (Json({"made": 7}), "unreadable_answer"),
        (Reply(200, [b"{"]), "malformed_answer"),
        (Reply(200, [b"data: {}\n\n"], content_type="text/event-stream"), "unexpected_content_type"),
        (Reply(200, [b"<html>"], content_type="text/html"), "unexpected_content_type"),
    ],
)
def test_an_answer_that_is_none_is_an_error_of_the_upstream(line: Line, code: str) -> None:
    game = Game(SITE.replace("targets: [a/m1, b/m2]", "targets: [b/m2]"))
    answer = ask(game, line, input="hi")
    assert (answer.status, answer.error["code"]) == (502, code)
    assert game.all_closed


def test_an_error_with_a_good_status() -> None:
    game = Game(SITE.replace("targets: [a/m1, b/m2]", "targets: [b/m2]"))
    answer = ask(game, Json({"failed": True, "message": "no such thing"}), input="hi")
    assert (answer.status, answer.error["message"]) == (502, "no such thing")


@pytest.mark.parametrize(
    ("told", "settled"),
    [
        (None, None),
        ({}, None),
        ({"prompt": 3}, {"prompt": 3, "input": 3, "output": 0, "visible": 0, "total": 3}),
        ({"units": 2.2}, {"prompt": 0, "input": 0, "output": 0, "visible": 0, "total": 0, "units": 3}),
    ],
)
def test_usage(told: Any, settled: Any) -> None:
    assert usage_of(told) == settled


def test_an_unknown_surface_is_a_mistake_of_the_caller() -> None:
    wrong = Endpoint("x", "/x", ("POST",), "operation", "openai-chat", operation="embeddings")
    with pytest.raises(LookupError, match="embeddings"):
        ask(Game(SITE), endpoint=wrong, input="hi")


PICTURES = """
  pictures:
    auth: {header: authorization, value: "Bearer ${credential.key}"}
    operations:
      chat:
        request: {path: /gen, body: {model: =model}}
        response: {events: [{text: =data.text}]}
      image:
        request: {path: ../draw, body: {say: =body.prompt}}
        response: {images: [{data: =data.data, media_type: =data.media_type}], usage: {units: 1}}
providers:
  p: {dialect: pictures, base_url: "https://p.test/ai/v1", key: sk-secret-p, retry: off}
models:
  small: {targets: [p/m]}
"""
IMAGE = Endpoint("i", "/v1/images/generations", ("POST",), "operation", "openai-images", operation="image")


def test_a_platform_may_answer_with_the_picture_itself() -> None:
    game = Game(PICTURES)
    found = ask(game, Reply(200, [b"\x89PN", b"G"], "image/png"), endpoint=IMAGE, prompt="a cat")
    assert game.upstream.calls[0].url == "https://p.test/ai/draw"
    assert found.data["data"] == [{"b64_json": "iVBORw=="}]
    assert game.usage[0]["status"] == 200 and game.all_closed


@pytest.mark.parametrize(
    "reply",
    [Reply(200, [b""], "image/png"), Reply(200, [b"<p>"], "text/html"), Reply(200, [b"x"], "audio/wav")],
)
def test_what_is_no_picture(reply: Line) -> None:
    assert ask(Game(PICTURES), reply, endpoint=IMAGE, prompt="a cat").status == 502


def test_parse_answer() -> None:
    assert parse_answer(b'[{"a": 1}]') == [{"a": 1}]
    for raw in (b"0", b"true", b"{", b"{}"):
        with pytest.raises(UpstreamFailed):
            parse_answer(raw)
