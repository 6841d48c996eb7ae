"""Upstreams that are asked again until they are done: submit, poll, fetch."""

from __future__ import annotations

import pytest

from engine.errors import ErrorClass
from tests.gateway.playbook import Game, Json, Line, Refuses, Status, play

SITE = """
  queue:
    auth: {header: authorization, value: "Bearer ${credential.key}"}
    operations:
      chat:
        request: {path: /jobs, body: {model: =model, say: "=body.messages[-1].content"}}
        response:
          steps:
            - {request: {method: GET, path: "/jobs/${data.id}"}, until: "=data.state != 'running'", every: 2s, max: 4}
            - {request: {method: GET, path: "/texts/${data.text_id}"}}
          events:
            - {text: =data.text, finish: stop}
    error: {when: "=data.state == 'failed'", map: {class: upstream, message: =data.why}}
providers:
  a: {dialect: queue, base_url: "https://a.test", key: k1, retry: off, timeout: {total: 9s}}
  b: {dialect: plain, base_url: "https://b.test", retry: off}
models:
  job: {targets: [a/m]}
  saved: {targets: [a/m, b/m]}
"""
SUBMITTED = Json({"id": "j1"})
RUNNING = Json({"state": "running"})
DONE = Json({"state": "done", "text_id": "t9"})
TEXT = Json({"text": "at last"})


def asked(model: str, *script: Line, stream: bool = False) -> Game:
    return play(SITE, model, *script, stream=stream)


def paths(game: Game) -> list[str]:
    return [call.url.removeprefix("https://a.test") for call in game.upstream.calls]


def test_calls_follow_until_the_answer_is_there() -> None:
    game = asked("job", SUBMITTED, RUNNING, RUNNING, DONE, TEXT)
    assert game.heard.text == "at last"
    assert paths(game) == ["/jobs", "/jobs/j1", "/jobs/j1", "/jobs/j1", "/texts/t9"]
    assert game.world.waits == [2.0, 2.0]
    assert {call.headers["authorization"] for call in game.upstream.calls} == {"Bearer k1"}
    assert game.all_closed


def test_a_streaming_client_gets_the_events_as_a_stream() -> None:
    game = asked("job", SUBMITTED, DONE, TEXT, stream=True)
    assert game.heard.status == 200
    assert game.heard.text == "at last" and game.heard.chunks[-1] == "[DONE]"


@pytest.mark.parametrize(
    ("script", "status", "code"),
    [
        ([SUBMITTED, RUNNING, RUNNING, RUNNING, RUNNING], 504, "steps_exhausted"),
        ([SUBMITTED, Json({"state": "failed", "why": "no luck"})], 502, None),
        ([SUBMITTED, Status(500)], 502, None),
        ([SUBMITTED, Refuses(ErrorClass.UPSTREAM)], 502, None),
        ([SUBMITTED, Json({"state": "running"}, before=8.0)], 504, "total_timeout"),
    ],
)
def test_what_fails_on_the_way_fails_the_attempt(script: list[Line], status: int, code: str | None) -> None:
    game = asked("job", *script)
    assert game.heard.status == status
    assert code is None or game.heard.error["code"] == code
    assert game.all_closed


def test_another_target_helps_out() -> None:
    game = asked("saved", SUBMITTED, Status(500), Json({"text": "hi", "finish": "stop"}))
    assert game.heard.text == "hi"
