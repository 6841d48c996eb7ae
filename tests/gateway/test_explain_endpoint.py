from __future__ import annotations

from typing import Any

import orjson

from engine.events import Inbound
from engine.gateway.explain_endpoint import explain_endpoint
from tests.gateway.acted import Acts


def told(endpoint: str, body: Any = None, **path: str) -> dict[str, Any]:
    game = Acts()
    inbound = Inbound("POST", "/", {}, {}, b"" if body is None else orjson.dumps(body), "r", names=path)
    found = game.run(explain_endpoint(game.snapshot, game.endpoint(endpoint), inbound, None, 0.0))
    assert not game.upstream.calls
    return found


def test_what_would_be_asked_and_where_it_would_go() -> None:
    found = told("greet", {"stream": True}, name="Ann")
    assert (found["action"], found["streams"], found["inputs"]["prompt"]) == ("complete", True, "greet")
    assert found["asks"]["messages"][1]["content"] == "Greet Ann."
    assert found["plan"]["legs"][0]["targets"][0]["request"]["body"]["say"] == "Greet Ann."


def test_a_key_of_the_caller_s_is_not_shown() -> None:
    found = told("byok", {"api_key": "sk-secret"})
    assert "sk-secret" not in orjson.dumps(found).decode()


def test_what_the_client_would_get_at_once() -> None:
    assert told("greet", {"mood": 1}, name="Ann")["error"]["status"] == 400
    assert told("list")["error"] is None
