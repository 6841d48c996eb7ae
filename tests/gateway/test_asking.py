"""What an action gets of its tools."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import EngineError
from engine.events import Inbound
from engine.gateway.asking import Asking, RequestTools
from tests.gateway.acted import Acts
from tests.gateway.playbook import Json, Status, client

BODY = {"model": "smart", "messages": [{"role": "user", "content": "hi"}]}


def tools(game: Acts, **headers: str) -> RequestTools:
    inbound = Inbound("POST", "/", {}, headers, b"", "req-1")
    asking = Asking(game.snapshot, game.endpoint("greet"), inbound, client("web", models=("smart",)))
    return RequestTools(game.gateway, game.gateway.office, asking)


def test_a_whole_answer() -> None:
    game = Acts()
    game.upstream.script = [Json({"text": "hi", "usage": {"prompt": 1, "output": 2}})]
    answer: Any = game.run(tools(game).ask(BODY))
    assert (answer["text"], answer["finish"], answer["usage"]["total"]) == ("hi", "stop", 3)
    assert answer["completion"]["choices"][0]["message"]["content"] == "hi"


def test_an_error_is_raised_as_the_client_may_see_it() -> None:
    game = Acts()
    game.upstream.script = [Status(429, retry_after="7")]
    with pytest.raises(EngineError) as failed:
        game.run(tools(game).ask(BODY))
    assert (failed.value.info.status, failed.value.info.retry_after) == (429, 7.0)


# goes on with the dialects of the playbook
VECTORS = """
  numbers:
    auth: {header: authorization, value: "Bearer ${credential.key}"}
    operations:
      embeddings:
        request: {method: POST, path: /embed, body: {texts: =to_list(body.input), kind: =body.input_type}}
        response: {vectors: =data.found, usage: {prompt: =data.spent}}
providers:
  n: {dialect: numbers, base_url: "https://n.test", key: sk-secret-n, retry: off}
models:
  small: {targets: [n/m-1]}
endpoints:
  greet: {path: /embed, action: embed, with: {model: small, input: =body.text, input_type: query}, response: {v: =result.vectors, t: =result.usage.prompt}}
"""


def test_an_operation_beside_the_chat_goes_the_same_way() -> None:
    game = Acts(VECTORS)
    heard = game.act("greet", {"text": "a"}, script=[Json({"found": [[0.5]], "spent": 3})])
    assert (heard.status, heard.data) == (200, {"v": [[0.5]], "t": 3})
    call = game.upstream.calls[0]
    assert (call.url, call.body) == ("https://n.test/embed", b'{"texts":["a"],"kind":"query"}')
    assert call.headers["authorization"] == "Bearer sk-secret-n"


def test_what_an_operation_fails_with_is_the_answer() -> None:
    game = Acts(VECTORS)
    assert game.act("greet", {"text": "a"}, script=[Status(429)]).status == 429
    assert game.act("greet", {"text": "a"}, script=[Json({"nothing": 1})]).status == 502


def test_the_caller_s_limits_hold() -> None:
    game = Acts()
    with pytest.raises(EngineError) as refused:
        game.run(tools(game).ask({**BODY, "model": "own"}))
    assert refused.value.info.code == "model_not_found"
    assert tools(game).models() == ["smart"]
    assert tools(game).caller == {"name": "web", "groups": []}
