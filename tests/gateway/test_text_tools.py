"""A tool that takes text, at a platform whose tools take JSON: offered as a function, called with text again."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from engine.gateway.text_tools import text_in
from tests.gateway.playbook import Game, Json, Stream
from tests.gateway.test_relayed import ask

pytestmark = pytest.mark.usefixtures("both_ways")

SITE = """
  other: {extends: plain}
providers:
  a: {dialect: anthropic, base_url: "https://a.test"}
  o: {dialect: openai, base_url: "https://o.test/v1"}
  g: {dialect: openai-compatible, base_url: "https://g.test/v1"}
models:
  claude: {targets: [a/c]}
  gpt: {targets: [o/g]}
  oss: {targets: [g/q]}
  patching: {targets: [g/q], params: {tools: [{type: custom, custom: {name: patch}}]}}
  ruled: {targets: [a/c], rules: loud}
rules:
  loud: {on: answer, parts: [tool_arguments], apply: [{match: begin, with: BEGIN}]}
"""
GRAMMAR = {"type": "grammar", "syntax": "lark", "definition": "start: X"}
CODEX: dict[str, Any] = {
    "model": "claude",
    "input": [
        {"role": "user", "content": "patch"},
        {"type": "custom_tool_call", "call_id": "c1", "name": "patch", "input": 'say "x"'},
        {"type": "custom_tool_call_output", "call_id": "c1", "output": "done"},
    ],
    "tools": [
        {"type": "custom", "name": "patch", "description": "Patches.", "format": GRAMMAR},
        {"type": "function", "name": "f", "parameters": {"type": "object"}},
    ],
}


def said(*blocks: Any) -> Any:
    return {"id": "m", "content": list(blocks), "stop_reason": "tool_use", "usage": {"input_tokens": 1}}


def call(arguments: Any, name: str = "patch", id: str = "t1") -> Any:
    return {"type": "tool_use", "id": id, "name": name, "input": arguments}


def test_it_is_offered_as_a_function_and_its_history_is_one_of_calls() -> None:
    game = Game(SITE)
    ask(game, "openai-responses", CODEX, [Json(said({"type": "text", "text": "ok"}))])
    sent = orjson.loads(game.upstream.calls[-1].body)
    tool = sent["tools"][0]
    assert tool["name"] == "patch" and tool["input_schema"]["required"] == ["input"]
    assert tool["description"].startswith("Patches.") and "lark grammar:\nstart: X" in tool["description"]
    assert sent["messages"][1]["content"] == [
        {"type": "tool_use", "id": "c1", "name": "patch", "input": {"input": 'say "x"'}}
    ]


def test_a_whole_answer_calls_it_with_text() -> None:
    game = Game(SITE)
    blocks = (call({"input": "*** begin"}), call({"a": 1}, "f", "t2"))
    found = ask(game, "openai-responses", CODEX, [Json(said(*blocks))]).data["output"]
    assert (found[0]["type"], found[0]["input"], found[0]["call_id"]) == (
        "custom_tool_call",
        "*** begin",
        "t1",
    )
    assert (found[1]["type"], found[1]["arguments"]) == ("function_call", '{"a":1}')


def stream() -> Stream:
    start = {"type": "message_start", "message": {"id": "m", "model": "c", "usage": {"input_tokens": 1}}}
    frames: list[Any] = [start]
    for index, (name, pieces) in enumerate(
        [("patch", ['{"inp', 'ut": "*** be', 'gin"}']), ("f", ['{"a"', ":1}"])]
    ):
        block = {"type": "tool_use", "id": f"t{index}", "name": name, "input": {}}
        frames.append({"type": "content_block_start", "index": index, "content_block": block})
        for piece in pieces:
            delta = {"type": "input_json_delta", "partial_json": piece}
            frames.append({"type": "content_block_delta", "index": index, "delta": delta})
        frames.append({"type": "content_block_stop", "index": index})
    frames.append(
        {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 2}}
    )
    return Stream(*frames, {"type": "message_stop"})


@pytest.mark.parametrize(("model", "text"), [("claude", "*** begin"), ("ruled", "*** BEGIN")])
def test_a_stream_calls_it_with_text(model: str, text: str) -> None:
    game = Game(SITE)
    raw = ask(game, "openai-responses", {**CODEX, "model": model, "stream": True}, [stream()]).raw.decode()
    events = [orjson.loads(part.partition("data: ")[2]) for part in raw.split("\n\n") if "data: " in part]
    done = [event["item"] for event in events if event["type"] == "response.output_item.done"]
    assert (done[0]["type"], done[0]["input"]) == ("custom_tool_call", text)
    assert (done[1]["type"], done[1]["arguments"]) == ("function_call", '{"a":1}')
    assert [e["delta"] for e in events if e["type"] == "response.custom_tool_call_input.delta"] == [text]


def test_a_hub_client_gets_its_own_kind_of_call() -> None:
    game = Game(SITE)
    custom = {"type": "custom", "custom": {"name": "patch"}}
    history = {
        "role": "assistant",
        "tool_calls": [{"id": "c", "type": "custom", "custom": {"name": "patch", "input": "x"}}],
    }
    messages = [
        {"role": "user", "content": "hi"},
        history,
        {"role": "tool", "tool_call_id": "c", "content": "ok"},
    ]
    answer = {"id": "1", "choices": [{"index": 0, "finish_reason": "tool_calls", "message": {"tool_calls": [
        {"id": "d", "type": "function", "function": {"name": "patch", "arguments": '{"input":"go"}'}}]}}]}  # fmt: skip
    asked = {"messages": messages, "tools": [custom], "tool_choice": custom}
    found = game.ask("oss", script=[Json(answer)], **asked).data["choices"][0]["message"]["tool_calls"]
    assert found == [{"id": "d", "type": "custom", "custom": {"name": "patch", "input": "go"}}]
    sent = orjson.loads(game.upstream.calls[-1].body)
    assert sent["tools"][0]["function"]["name"] == "patch" == sent["tool_choice"]["function"]["name"]
    assert sent["messages"][1]["tool_calls"][0]["function"]["arguments"] == '{"input":"x"}'


def test_the_tool_may_be_the_alias_own() -> None:
    game = Game(SITE)
    answer = {"id": "1", "choices": [{"index": 0, "finish_reason": "stop", "message": {"content": "ok"}}]}
    game.ask("patching", script=[Json(answer)], messages=[{"role": "user", "content": "hi"}])
    sent = orjson.loads(game.upstream.calls[-1].body)
    assert sent["tools"][0]["function"]["name"] == "patch"


def test_a_platform_that_knows_such_tools_gets_them() -> None:
    game = Game(SITE)
    answer = {"id": "1", "choices": [{"index": 0, "finish_reason": "stop", "message": {"content": "ok"}}]}
    ask(game, "openai-responses", {**CODEX, "model": "gpt"}, [Json(answer)])
    assert orjson.loads(game.upstream.calls[-1].body)["tools"][0]["type"] == "custom"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ('{"input": "a"}', "a"),
        ('{"patch": "a"}', "a"),
        ('{"input": "a", "b": "c"}', "a"),
        ('"a"', "a"),
        ('{"a": 1}', '{"a": 1}'),
        ('{"a": "b", "c": "d"}', '{"a": "b", "c": "d"}'),
        ("*** begin", "*** begin"),
        ("[1]", "[1]"),
    ],
)
def test_the_text_of_arguments(arguments: str, text: str) -> None:
    assert text_in(arguments) == text
