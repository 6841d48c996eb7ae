"""Counts of tokens, asked for beside the chat."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from engine.events import Inbound
from engine.gateway.answer import Answer
from engine.gateway.count import PAUSE
from engine.snapshot.model import Client
from tests.gateway.limited import Limited
from tests.gateway.playbook import Game, Json, Line, Refuses, Status

SITE = """
  own: {extends: plain}
surfaces:
  s: {decode: {turns: [{role: user, parts: =body.say}]}, count_tokens: {n: =tokens}}
providers:
  a: {dialect: anthropic, base_url: "https://a.test", key: sk-secret-a}
  g: {dialect: gemini, base_url: "https://g.test", key: sk-secret-g}
  b: {dialect: bedrock, base_url: "https://b.test", key: sk-secret-b}
  r: {dialect: openai-responses, base_url: "https://r.test/v1", key: sk-secret-r}
  p: {dialect: own, base_url: "https://p.test"}
models:
  claude: {targets: [a/c1], params: {temperature: 0.5}}
  passing: {targets: [a/c1]}
  flash: {targets: [g/g1]}
  nova: {targets: [b/n1]}
  gpt: {targets: [r/r1]}
  plain: {targets: [p/m]}
"""
HEADER = "x-proxyctl-token-count"


def answered(
    game: Game, script: list[Line], surface: str = "s", client: Client | None = None, **body: Any
) -> Answer:
    request = Inbound("POST", "/", {}, {}, orjson.dumps(body), "r")
    game.upstream.script = script

    async def whole() -> Answer:
        return await game.gateway.count(game.snapshot, game.snapshot.surfaces[surface], request, client)

    answer = game.run(whole())
    assert not game.upstream.script
    return answer


def ask(game: Game, script: list[Line], surface: str = "s", **body: Any) -> tuple[str, Any]:
    answer = answered(game, script, surface, **body)
    assert isinstance(answer.body, bytes)
    return answer.headers[HEADER], orjson.loads(answer.body)


def test_what_no_platform_counts_is_estimated_in_the_surfaces_own_shape() -> None:
    game = Game(SITE)
    how, few = ask(game, [], model="plain", say="hello")
    _, many = ask(game, [], model="plain", say="hello " * 100)
    assert how == "estimated" and 0 < few["n"] < 20 < many["n"] < 300
    assert answered(game, [], model="nobody", say="hello").status == 404
    chat = {"messages": [{"role": "user", "content": "x"}]}
    assert answered(game, [], "openai-chat", model="claude", **chat).status == 404
    assert game.upstream.calls == []


@pytest.mark.parametrize(
    ("model", "answer", "url", "sent"),
    [
        (
            "claude", {"input_tokens": 42}, "https://a.test/v1/messages/count_tokens",
            {"model": "c1", "messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}]},
        ),
        (
            "flash", {"totalTokens": 42}, "https://g.test/v1beta/models/g1:countTokens",
            {"generateContentRequest": {
                "model": "models/g1", "contents": [{"role": "user", "parts": [{"text": "hi"}]}]}},
        ),
        (
            "nova", {"inputTokens": 42}, "https://b.test/model/n1/count-tokens",
            {"input": {"converse": {"messages": [{"role": "user", "content": [{"text": "hi"}]}]}}},
        ),
        (
            "gpt", {"input_tokens": 42}, "https://r.test/v1/responses/input_tokens",
            {"model": "r1", "input": [{"role": "user", "content": "hi"}]},
        ),
    ],
)  # fmt: skip
def test_a_platform_that_counts_is_asked(model: str, answer: Any, url: str, sent: Any) -> None:
    game = Game(SITE)
    assert ask(game, [Json(answer)], model=model, say="hi") == ("counted", {"n": 42})
    (call,) = game.upstream.calls
    assert call.url == url and orjson.loads(call.body) == sent
    assert "sk-secret" in str(call.headers)


def test_a_client_that_speaks_as_the_platform_does_is_counted_as_it_asks() -> None:
    game = Game(SITE)
    body = {"messages": [{"role": "user", "content": "hi"}], "mcp_servers": [{"odd": 1}]}
    found = ask(game, [Json({"input_tokens": 9})], "anthropic-messages", model="passing", **body)
    assert found == ("counted", {"input_tokens": 9})
    assert orjson.loads(game.upstream.calls[-1].body) == {"model": "c1", **body}


@pytest.mark.parametrize(
    "line",
    [
        Status(500),
        Status(429),
        Refuses(),
        Json({"odd": 1}),
        Json([1]),
        Json({"input_tokens": 1}, before=60.0),
    ],
)
def test_a_platform_that_does_not_is_left_alone_for_a_while(line: Line) -> None:
    game = Game(SITE)
    assert ask(game, [line], model="claude", say="hi")[0] == "estimated"
    if line in (Json({"odd": 1}), Json([1])):
        return
    assert ask(game, [], model="claude", say="hi")[0] == "estimated"
    game.timeline.elapsed += PAUSE
    assert ask(game, [Json({"input_tokens": 1})], model="claude", say="hi") == ("counted", {"n": 1})


def test_a_count_is_in_the_ledger_and_costs_nothing() -> None:
    game = Game(SITE + "prices: {'*': {input: 1, output: 1, request: 5}}\n")
    ask(game, [Json({"input_tokens": 42})], model="claude", say="hi")
    ask(game, [], model="plain", say="hi")
    ask(game, [Status(500, {"error": {"message": "not with sk-secret-a"}})], model="claude", say="hi")
    answered(game, [], model="nobody", say="hi")
    names = ("operation", "surface", "alias", "target", "status", "attempts", "prompt", "cost")
    assert [tuple(row[name] for name in names) for row in game.usage] == [
        ("count_tokens", "s", "claude", "a/c1", 200, 1, None, 0.0),
        ("count_tokens", "s", "plain", None, 200, 0, None, 0.0),
        ("count_tokens", "s", "claude", "a/c1", 200, 1, None, 0.0),
        ("count_tokens", "s", None, None, 404, 0, None, 0.0),
    ]
    (failed,) = [fields for _, event, fields in game.world.lines if event == "attempt failed"]
    assert "sk-secret-a" not in str(failed)


LIMITS = """
clients:
  web: {key: "sha256:%s", limits: {rpm: 3, tpm: 1}}
providers:
  a: {dialect: anthropic, base_url: "https://a.test", key: sk-secret-a, limits: {rpm: 1}}
models:
  claude: {targets: [a/c1], limits: {rpm: 4}}
"""


def test_the_limits_of_a_client_hold_for_counts_too_and_no_token_of_them_is_used() -> None:
    game = Limited(LIMITS % ("0" * 64))
    web, say = game.by("web"), "hello " * 100
    first = answered(
        game, [Json({"input_tokens": 3})], "anthropic-messages", web, model="claude", **user(say)
    )
    # The platform is at its limit, so it is not asked; the client is not yet.
    second = answered(game, [], "anthropic-messages", web, model="claude", **user(say))
    third = answered(game, [], "anthropic-messages", web, model="claude", **user(say))
    assert [each.headers[HEADER] for each in (first, second, third)] == ["counted", "estimated", "estimated"]
    fourth = answered(game, [], "anthropic-messages", web, model="claude", **user(say))
    assert fourth.status == 429 and "retry-after" in fourth.headers
    assert fourth.headers["x-ratelimit-remaining-requests"] == "0"
    assert first.headers["x-ratelimit-remaining-requests"] == "2"


def user(text: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text}]}
