"""A last call when a stream has ended: what it tells comes before the end, and its failure costs nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import ErrorClass
from tests.gateway.playbook import Break, Game, Json, Line, Refuses, Status, Stream, Wait, heard, play

pytestmark = pytest.mark.usefixtures("both_ways")

SITE = """
  live:
    auth: {header: authorization, value: "Bearer ${credential.key}"}
    operations:
      chat:
        request: {path: /jobs, body: {stream: =chat.stream}}
        stream:
          steps: {request: {method: GET, path: "/live/${data.id}"}}
          after:
            request: {method: GET, path: "/jobs/${data.id}"}
            until: =data.used
            every: 300ms
            max: 3
            events: [{usage: {prompt: =data.used.in, output: =data.used.out}}]
          frames: sse
          events:
            - {text: =data.text, finish: =data.finish}
            - {$when: =data.over, done: true}
        response:
          events: [{text: =data.text, finish: stop}]
    error: {when: =data.failed, map: {message: =data.failed}}
providers:
  a: {dialect: live, base_url: "https://a.test", key: k1, retry: off}
models:
  job: {targets: [a/m]}
"""
JOB = Json({"id": "j1"})
END = {"text": "b", "finish": "stop"}
EVENTS = Stream({"text": "a"}, END)
OVER = Stream({"text": "a"}, END, {"over": True}, Wait(60))
USED = Json({"used": {"in": 3, "out": 4}})
ASKS: Any = {"stream": True, "stream_options": {"include_usage": True}}


def usage(game: Game) -> Any:
    found = [chunk["usage"] for chunk in game.heard.chunks[:-1] if chunk.get("usage")]
    return (found[0]["prompt_tokens"], found[0]["completion_tokens"]) if found else None


@pytest.mark.parametrize("events", [EVENTS, OVER])
def test_what_it_tells_comes_before_the_end(events: Line) -> None:
    game = play(SITE, "job", JOB, events, USED, **ASKS)
    assert game.heard.text == "ab" and game.heard.chunks[-1] == "[DONE]"
    assert usage(game) == (3, 4) and game.usage[0]["output"] == 4
    assert game.upstream.calls[-1].url == "https://a.test/jobs/j1"
    assert game.upstream.calls[-1].headers["authorization"] == "Bearer k1"
    assert game.all_closed


def test_it_is_asked_again_until_it_is_there() -> None:
    game = play(SITE, "job", JOB, EVENTS, Json({"id": "j1"}), USED, **ASKS)
    assert usage(game) == (3, 4) and game.world.waits == [0.3]


@pytest.mark.parametrize(
    "further",
    [
        [Status(500)],
        [Refuses(ErrorClass.UPSTREAM)],
        [Json({"failed": "no"})],
        [Json({"id": "j1"})] * 3,
        [Json({"used": {"in": 3, "out": 4}}, before=30.0)],
    ],
)
def test_the_stream_has_ended_all_the_same(further: list[Line]) -> None:
    game = play(SITE, "job", JOB, EVENTS, *further, **ASKS)
    assert game.heard.text == "ab" and game.heard.chunks[-1] == "[DONE]"
    assert usage(game) is None and game.elapsed <= 5.0


def test_after_an_error_nothing_is_asked() -> None:
    game = play(SITE, "job", JOB, Stream({"text": "a"}, Break()), **ASKS)
    assert game.heard.error["code"] == "connection_lost"


@pytest.mark.parametrize("condition", ["=data.counts", "=sum(data.id)"])
def test_it_may_not_be_wanted(condition: str) -> None:
    """Or nobody can say whether it is: the stream is what counts."""
    game = play(SITE.replace("until:", f"when: {condition}\n            until:"), "job", JOB, EVENTS, **ASKS)
    assert game.heard.text == "ab" and usage(game) is None


def test_the_text_does_not_wait_for_it() -> None:
    game = Game(SITE)

    async def begin() -> None:
        whole = Stream(b'data: {"text": "ab", "finish": "stop"}\n\ndata: {"over": true}\n\n')
        slow = Json({"used": {"in": 3, "out": 4}}, before=2.0)
        answer = await game.open("job", [JOB, whole, slow], stream=True)
        assert not isinstance(answer.body, bytes)
        assert b"ab" in await anext(aiter(answer.body)) and game.elapsed == 0
        await heard(answer)
        assert game.elapsed == 2.0

    game.run(begin())
