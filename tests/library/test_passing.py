"""Every recorded stream of a protocol that clients speak, too, passes through byte for byte, and its usage is read."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from engine.events import Inbound
from engine.testing.cuts import pieces
from tests.gateway.playbook import Game, Reply, heard

from . import reference
from .corpus import DIALECTS, answer_bytes, answered, needs_recordings, recordings

pytestmark = needs_recordings

SITE = """
providers:
  p-cohere: {dialect: cohere, base_url: "https://c.test"}
  p-anthropic: {dialect: anthropic, base_url: "https://a.test"}
  p-gemini: {dialect: gemini, base_url: "https://g.test"}
  p-openai-responses: {dialect: openai-responses, base_url: "https://r.test/v1"}
models:
  m-cohere: {targets: [p-cohere/up]}
  m-anthropic: {targets: [p-anthropic/up]}
  m-gemini: {targets: [p-gemini/up]}
  m-openai-responses: {targets: [p-openai-responses/up]}
"""
SURFACES = {
    "anthropic": "anthropic-messages",
    "cohere": "cohere",
    "gemini": "gemini",
    "openai-responses": "openai-responses",
}
BODIES: dict[str, dict[str, Any]] = {
    "anthropic": {"max_tokens": 9, "stream": True, "messages": [{"role": "user", "content": "hi"}]},
    "cohere": {"stream": True, "messages": [{"role": "user", "content": "hi"}]},
    "gemini": {"contents": [{"parts": [{"text": "hi"}]}]},
    "openai-responses": {"input": "hi", "stream": True},
}
APIS = ("anthropic-messages", "cohere-chat-v2", "gemini-generate", "openai-responses", "xai-responses")


def streams() -> list[Any]:
    found = [
        record for record in recordings(*APIS) if answered(record) and record["response"]["encoding"] == "sse"
    ]
    return [pytest.param(record, id=record["id"]) for record in found]


@pytest.fixture(scope="module")
def game() -> Game:
    return Game(SITE)


@pytest.mark.parametrize("record", streams())
def test_bytes(game: Game, record: dict[str, Any]) -> None:
    dialect = DIALECTS[record["api"]]
    told = reference.READERS[dialect](record)
    raw = answer_bytes(record)
    if told.error is not None:
        return
    body = orjson.dumps({"model": f"m-{dialect}", **BODIES[dialect]})
    names = {"model": f"m-{dialect}", "action": "streamGenerateContent"}
    request = Inbound("POST", "/", {"alt": "sse"}, {}, body, "req-1", names=names)
    game.upstream.script = [Reply(200, pieces(raw, 3), content_type="text/event-stream")]

    async def play() -> bytes:
        return (await heard(await game.gateway.chat(game.snapshot, SURFACES[dialect], request, None))).raw

    passed = game.run(play())
    rest = raw.removeprefix(passed.rstrip(b"\r\n")).strip()
    assert rest in (b"", b"data: [DONE]"), "what follows the end is not sent on"
    used = game.usage[-1]
    found = {"prompt": used["prompt"], "completion": used["output"], "cached": used["cache_read"] or 0,
             "reasoning": used["reasoning"] or 0}  # fmt: skip
    assert {name: found[name] for name in told.usage} == told.usage
