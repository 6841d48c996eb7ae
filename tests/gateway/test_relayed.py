"""Declared protocols whose bytes pass through: what goes up, what comes down, what is read of it, what fails."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
import pytest

from engine.events import Inbound
from tests.gateway.playbook import Break, Game, Heard, Json, Line, Piece, Reply, Status, Wait, heard

pytestmark = pytest.mark.usefixtures("both_ways")

SITE = """
  other: {extends: plain}
providers:
  a: {dialect: anthropic, base_url: "https://a.test", key: sk-secret-a, retry: off}
  b: {dialect: anthropic, base_url: "https://b.test", key: sk-secret-b, retry: off, params: {beta: b-1}}
  g: {dialect: gemini, base_url: "https://g.test", key: sk-secret-g, retry: off}
  s: {dialect: gemini, base_url: "https://s.test", key: sk-secret-s, retry: off, params: {safety_settings: []}}
  r: {dialect: openai-responses, base_url: "https://r.test/v1", key: sk-secret-r, retry: off}
models:
  claude: {targets: [a/c1, b/c2]}
  c1: {targets: [a/c1]}
  tuned: {targets: [a/c1], params: {temperature: 0.5}}
  flash: {targets: [g/g1]}
  safe: {targets: [s/g1]}
  gpt: {targets: [r/r1]}
  ruled: {targets: [a/c1], rules: quiet}
rules:
  quiet: {on: request, apply: [{match: hush, with: "[..]"}]}
"""
ASKED: dict[str, Any] = {
    "model": "claude",
    "max_tokens": 9,
    "messages": [{"role": "user", "content": "hi hush"}],
    "odd": {"a": [1]},
}


def event(kind: str, **data: Any) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), orjson.dumps({"type": kind, **data}))


START = event(
    "message_start",
    message={
        "id": "msg_1",
        "model": "c",
        "usage": {"input_tokens": 5, "cache_read_input_tokens": 2, "output_tokens": 1},
    },
)
PING = event("ping")
BLOCK = event("content_block_start", index=0, content_block={"type": "text", "text": ""})
STOP = event("content_block_stop", index=0)
DELTA = event(
    "message_delta", delta={"stop_reason": "end_turn", "stop_sequence": None}, usage={"output_tokens": 7}
)
END = event("message_stop")
OVERLOADED = event("error", error={"type": "overloaded_error", "message": "busy, sk-secret-a"})


def text(said: str) -> bytes:
    return event("content_block_delta", index=0, delta={"type": "text_delta", "text": said})


GOOD = (START, BLOCK, PING, text("hel"), text('"message_stop"'), STOP, DELTA, END)


def stream(*pieces: Piece, **changes: Any) -> Reply:
    return Reply(200, pieces, content_type="text/event-stream; charset=utf-8", **changes)


def ask(
    game: Game,
    surface: str,
    body: Any,
    script: list[Line],
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    names: Mapping[str, str] | None = None,
) -> Heard:
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    request = Inbound("POST", "/", query or {}, headers or {}, raw, "req-1", names=names or {})
    game.upstream.script = script

    async def whole() -> Heard:
        return await heard(await game.gateway.chat(game.snapshot, surface, request, None))

    found = game.run(whole())
    assert not game.upstream.script, "calls that were not made"
    return found


def ask_a(game: Game, script: list[Line], **body: Any) -> Heard:
    return ask(game, "anthropic-messages", {**ASKED, **body}, script)


# --- up --------------------------------------------------------------------------------------------------


def test_the_body_goes_up_as_it_is_but_for_its_model() -> None:
    game = Game(SITE)
    raw = b'{ "model":"c1", "max_tokens":9, "messages":[{"role":"user","content":"  "}], "new_feature":{} }'
    headers = {"anthropic-version": "2024-01-01", "anthropic-beta": "x-1", "x-api-key": "own"}
    ask(
        game,
        "anthropic-messages",
        raw,
        [Json({"id": "m", "content": [{"type": "text", "text": "hi"}]})],
        headers,
    )
    (call,) = game.upstream.calls
    assert call.body == raw and call.url == "https://a.test/v1/messages"
    assert call.headers["anthropic-version"] == "2024-01-01" and call.headers["anthropic-beta"] == "x-1"
    assert call.headers["x-api-key"] == "sk-secret-a"
    ask_a(game, [Json({"id": "m", "content": [{"type": "text", "text": "hi"}]})])
    assert orjson.loads(game.upstream.calls[-1].body) == {**ASKED, "model": "c1"}
    assert game.upstream.calls[-1].headers["anthropic-version"] == "2023-06-01"


def test_a_body_that_could_name_two_models_is_written_anew() -> None:
    game = Game(SITE)
    raw = b'{"model":"other","max_tokens":9,"messages":[{"role":"user","content":"hi"}],"model":"c1"}'
    ask(game, "anthropic-messages", raw, [Json({"id": "m", "content": [{"type": "text", "text": "hi"}]})])
    assert game.upstream.calls[-1].body.count(b'"model"') == 1


@pytest.mark.parametrize("model", ["tuned", "ruled"])
def test_what_has_to_change_is_mapped(model: str) -> None:
    game = Game(SITE)
    ask_a(game, [Json({"id": "m", "content": [{"type": "text", "text": "hi"}]})], model=model)
    sent = orjson.loads(game.upstream.calls[-1].body)
    assert "odd" not in sent
    assert sent.get("temperature") == (0.5 if model == "tuned" else None)
    assert ("hush" in str(sent)) is (model == "tuned")


def test_a_model_in_the_path() -> None:
    game = Game(SITE)
    answer = {"candidates": [{"content": {"parts": [{"text": "hi"}]}, "finishReason": "STOP"}], "odd": 1}
    raw = b'{"contents": [{"parts": [{"text": "hi"}]}], "labels": {"a": "b"}}'
    names = {"model": "flash", "action": "generateContent"}
    found = ask(game, "gemini", raw, [Json(answer)], names=names)
    assert game.upstream.calls[-1].body == raw and found.data == answer
    assert game.upstream.calls[-1].url == "https://g.test/v1beta/models/g1:generateContent"


def test_a_parameter_of_the_provider_that_changes_bodies_is_minded() -> None:
    game = Game(SITE)
    answer = {"candidates": [{"content": {"parts": [{"text": "hi"}]}, "finishReason": "STOP"}], "odd": 1}
    names = {"model": "safe", "action": "generateContent"}
    found = ask(game, "gemini", {"contents": [{"parts": [{"text": "hi"}]}]}, [Json(answer)], names=names)
    assert "safetySettings" in orjson.loads(game.upstream.calls[-1].body) and "odd" not in found.data


def test_what_the_platform_keeps_is_its_own_but_nobody_waits_in_the_background() -> None:
    game = Game(SITE)
    answer = {"id": "resp_2", "status": "completed", "model": "r1", "output": [
        {"type": "message", "content": [{"type": "output_text", "text": "hi"}]}]}  # fmt: skip
    body = {"model": "gpt", "input": "hi", "previous_response_id": "resp_1", "store": True}
    assert ask(game, "openai-responses", body, [Json(answer)]).data == answer
    assert orjson.loads(game.upstream.calls[-1].body) == {**body, "model": "r1"}
    refused = ask(game, "openai-responses", {**body, "background": True}, [])
    assert refused.status == 400 and refused.data["error"]["param"] in ("background", "previous_response_id")


# --- down ------------------------------------------------------------------------------------------------


def test_a_stream_comes_down_as_it_is_and_its_usage_is_read() -> None:
    game = Game(SITE)
    found = ask_a(game, [stream(*GOOD)], stream=True)
    assert found.raw == b"".join(GOOD) and found.content_type.startswith("text/event-stream")
    row = game.usage[-1]
    assert (row["prompt"], row["output"], row["cache_read"]) == (7, 7, 2)
    assert row["status"] == 200 and game.all_closed


@pytest.mark.parametrize("size", [1, 7, 50])
def test_however_it_is_cut(size: int) -> None:
    raw = b"".join(GOOD)
    pieces = [raw[start : start + size] for start in range(0, len(raw), size)]
    assert ask_a(Game(SITE), [stream(*pieces)], stream=True).raw == raw


def test_a_whole_answer_comes_down_as_it_is() -> None:
    game = Game(SITE)
    answer = {"id": "m", "content": [{"type": "text", "text": "hi"}], "stop_reason": "end_turn", "odd": [1],
              "usage": {"input_tokens": 5, "output_tokens": 7}}  # fmt: skip
    assert ask_a(game, [Json(answer)]).raw == orjson.dumps(answer)
    assert (game.usage[-1]["prompt"], game.usage[-1]["output"]) == (5, 7)


def test_a_stream_in_another_framing_is_mapped() -> None:
    game = Game(SITE)
    chunk = {"candidates": [{"content": {"parts": [{"text": "hi"}]}, "finishReason": "STOP"}]}
    names = {"model": "flash", "action": "streamGenerateContent"}
    body = {"contents": [{"parts": [{"text": "hi"}]}]}
    sent = b"data: %b\r\n\r\n" % orjson.dumps(chunk)
    assert ask(game, "gemini", body, [stream(sent)], names=names, query={"alt": "sse"}).raw == sent
    listed = ask(game, "gemini", body, [stream(sent)], names=names)
    assert isinstance(orjson.loads(listed.raw), list)


# --- failures --------------------------------------------------------------------------------------------


def test_an_error_before_anything_is_said_goes_to_the_next_target() -> None:
    for first in (
        stream(START, PING, OVERLOADED),
        stream(START, BLOCK),
        stream(b"data: nonsense\n\n"),
        Status(529),
    ):
        game = Game(SITE)
        found = ask_a(game, [first, stream(*GOOD)], stream=True)
        assert found.raw == b"".join(GOOD)
        assert [call.url[:14] for call in game.upstream.calls] == ["https://a.test", "https://b.test"]
        assert game.upstream.calls[-1].headers["anthropic-beta"] == "b-1"


@pytest.mark.parametrize(
    ("cut", "message"),
    [
        ([OVERLOADED], "busy, ***"),
        ([Break("connection lost")], "connection lost"),
        ([], "the stream ended before it was complete"),
        ([Wait(1000)], "nothing"),
        ([b"event: content_block_delta\ndata: {broken\n\n"], "not valid JSON"),
    ],
)
def test_an_error_in_the_middle_is_told_as_the_protocol_tells_it(cut: list[Piece], message: str) -> None:
    game = Game(SITE)
    found = ask_a(game, [stream(START, BLOCK, text("hel"), *cut)], stream=True)
    before, _, last = found.raw.partition(b"event: error\n")
    assert before.startswith(START + BLOCK + text("hel"))
    told = orjson.loads(last.strip().removeprefix(b"data: "))
    assert told["type"] == "error" and "sk-secret" not in str(told)
    assert message in told["error"]["message"] or message == "nothing"
    assert game.all_closed


def test_what_was_said_to_its_end_is_complete() -> None:
    game = Game(SITE)
    sent = (START, BLOCK, text("hi"), STOP, DELTA)
    assert ask_a(game, [stream(*sent)], stream=True).raw == b"".join(sent)
    assert game.usage[-1]["error"] is None


def test_a_whole_answer_that_is_none_goes_to_the_next_target() -> None:
    good = {"id": "m", "content": [{"type": "text", "text": "hi"}]}
    for first in ({"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}, {"odd": 1}):
        assert ask_a(Game(SITE), [Json(first), Json(good)]).data == good


def test_a_client_of_another_protocol_is_answered_in_its_own() -> None:
    game = Game(SITE)
    found = game.ask("c1", script=[stream(*GOOD)], stream=True)
    assert found.text == 'hel"message_stop"'
