"""Upstreams that are asked again until they are done: submit, poll, fetch."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from engine.errors import ErrorClass
from engine.gateway.explain import explain
from tests.gateway.playbook import (
    Break,
    Game,
    Heard,
    Json,
    Line,
    Refuses,
    Reply,
    Status,
    Stream,
    Wait,
    heard,
    inbound,
    play,
)

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


# --- steps that end in a stream, and what calls them off ---------------------------------------------------

LIVE = """
  live:
    auth: {header: authorization, value: "Bearer ${credential.key}"}
    operations:
      chat:
        request: {path: /jobs, body: {model: =model, stream: =chat.stream}}
        stream:
          steps:
            - {request: {method: GET, path: "/jobs/${data.id}"}, when: "=data.state == 'queued'", until: "=data.state != 'queued'"}
            - {request: {method: GET, url: =data.stream, headers: {accept: text/event-stream}}, when: =data.stream}
          frames: sse
          events:
            - {text: =data.text, finish: =data.finish}
            - error: {$when: =data.error, message: =data.error}
            - {$when: =data.over, done: true}
        response:
          steps: {request: {method: GET, path: "/jobs/${data.id}"}, when: "=!(data.text)", until: =data.text, every: 2s}
          events:
            - {text: =data.text, finish: stop}
        cancel: {path: "/jobs/${data.id}/cancel", body: {by: =client.name, why: left}}
    error: {when: "=data.state == 'failed'", map: {class: upstream, message: =data.why}}
providers:
  a: {dialect: live, base_url: "https://a.test/v1", key: k1, retry: off, headers: {x-team: t}, timeout: {total: 9s}}
models:
  job: {targets: [a/m]}
"""
QUEUED = Json({"id": "j1", "state": "queued"})
OPEN = Json({"id": "j1", "stream": "https://a.test/v1/live/j1"})
CANCEL = "POST /v1/jobs/j1/cancel"


def line(game: Game) -> list[str]:
    return [f"{call.method} {call.url.removeprefix('https://a.test')}" for call in game.upstream.calls]


async def to_the_end(game: Game, script: Sequence[Line], *, stream: bool) -> Heard:
    game.upstream.script = list(script)
    answer = await game.gateway.chat(game.snapshot, "openai-chat", inbound("job", stream=stream), None)
    told = await heard(answer)
    await game.gateway.outside.background.settled()
    return told


async def leave(game: Game, script: Sequence[Line], after: float, *, stream: bool) -> None:
    """A client that goes away while nothing has come yet."""
    game.upstream.script = list(script)
    request = inbound("job", stream=stream)
    asking = asyncio.ensure_future(game.gateway.chat(game.snapshot, "openai-chat", request, None))
    await asyncio.sleep(after)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    left = game.elapsed
    await game.gateway.outside.background.settled()
    assert left == after, "it was held up"


def test_the_last_step_s_answer_is_the_stream() -> None:
    events = Stream({"text": "a"}, {"text": "b", "finish": "stop"})
    game = play(LIVE, "job", QUEUED, OPEN, events, stream=True)
    assert game.heard.text == "ab" and game.heard.chunks[-1] == "[DONE]"
    assert line(game) == ["POST /v1/jobs", "GET /v1/jobs/j1", "GET /v1/live/j1"]
    assert [call.headers["authorization"] for call in game.upstream.calls] == ["Bearer k1"] * 3
    assert game.upstream.calls[-1].headers["accept"] == "text/event-stream"
    assert game.all_closed


def test_a_client_that_wants_it_whole_gets_what_the_polling_gives() -> None:
    game = play(LIVE, "job", Json({"id": "j1"}), Json({"id": "j1"}), Json({"text": "ab"}))
    assert game.heard.text == "ab" and game.world.waits == [2.0]
    assert b'"stream":true' not in game.upstream.calls[0].body


def test_a_step_whose_condition_does_not_hold_is_left_out() -> None:
    game = play(LIVE, "job", Json({"text": "at once"}))
    assert game.heard.text == "at once" and line(game) == ["POST /v1/jobs"]


@pytest.mark.parametrize(
    ("answer", "further"),
    [
        (Json({"id": "j1"}), [Json({"text": "ab"})]),  # there is no stream of it, which takes polling
        (OPEN, [Json({"text": "ab"})]),  # where the stream should be is the answer
    ],
)
def test_without_a_stream_the_answer_is_streamed(answer: Line, further: list[Line]) -> None:
    game = play(LIVE, "job", answer, *further, stream=True)
    assert game.heard.text == "ab" and game.heard.chunks[-1] == "[DONE]"


def test_a_whole_answer_may_be_read_from_the_stream() -> None:
    always = LIVE.replace("total: 9s}", "total: 9s}, mode: always")
    game = play(always, "job", OPEN, Stream({"text": "a"}, {"text": "b", "finish": "stop"}))
    assert game.heard.text == "ab"


def test_another_host_gets_no_credential() -> None:
    there = Json({"id": "j1", "stream": "https://live.test/j1?t=1"})
    game = play(LIVE, "job", there, Stream({"text": "a", "finish": "stop"}), stream=True)
    call = game.upstream.calls[-1]
    assert call.url == "https://live.test/j1?t=1"
    assert call.headers == {"accept": "text/event-stream"}
    assert call.channel.reach == ()


@pytest.mark.parametrize(
    "url", ["http://a.test/v1/live", "https://10.0.0.1/live", "file:///etc/passwd", "//x"]
)
def test_an_address_that_may_not_be_called(url: str) -> None:
    game = Game(LIVE)
    told = game.run(to_the_end(game, [Json({"id": "j1", "stream": url}), Json({})], stream=True))
    assert told.status == 502 and told.error["code"] == "address_refused"
    assert line(game) == ["POST /v1/jobs", CANCEL]


@pytest.mark.parametrize("stream", [True, False])
def test_a_client_that_leaves_while_it_is_worked_on(stream: bool) -> None:
    game = Game(LIVE)
    script = [QUEUED, Json({"id": "j1", "state": "queued"}, before=0.2), Json({}, before=3.0)]
    game.run(leave(game, script, 0.5, stream=stream))
    assert line(game) == ["POST /v1/jobs", "GET /v1/jobs/j1", CANCEL]
    cancel = game.upstream.calls[-1]
    assert cancel.headers["authorization"] == "Bearer k1" and cancel.headers["x-team"] == "t"
    assert cancel.body == b'{"why":"left"}'
    assert game.world.counted("proxyctl_cancels_total", provider="a", result="ok") == 1
    assert game.all_closed


def test_a_client_that_leaves_in_the_middle_of_the_stream() -> None:
    game = Game(LIVE)

    async def begin() -> None:
        script = [OPEN, Stream({"text": "a"}, Wait(60), {"text": "b"}), Status(409)]
        answer = await game.open("job", script, stream=True)
        assert not isinstance(answer.body, bytes)
        assert b'"a"' in await anext(aiter(answer.body))
        await answer.aclose()
        await answer.aclose()
        assert game.upstream.replies[-1].closed and game.elapsed == 0
        await game.gateway.outside.background.settled()

    game.run(begin())
    assert line(game) == ["POST /v1/jobs", "GET /v1/live/j1", CANCEL]
    assert game.world.counted("proxyctl_cancels_total", provider="a", result="refused") == 1


@pytest.mark.parametrize(
    ("script", "stream", "code"),
    [
        ([QUEUED, Json({"state": "queued"}, before=20.0)], False, "total_timeout"),
        ([QUEUED, Status(500)], False, None),
        ([OPEN, Status(500)], True, None),
        ([OPEN, Refuses(ErrorClass.UPSTREAM)], True, None),
        ([OPEN, Stream({"text": "a"}, Wait(20))], True, "total_timeout"),
        ([OPEN, Stream({"text": "a"}, Break())], True, "connection_lost"),
    ],
)
def test_what_ends_before_its_time_is_called_off(script: list[Line], stream: bool, code: str | None) -> None:
    game = Game(LIVE)
    told = game.run(to_the_end(game, [*script, Refuses()], stream=stream))
    assert code is None or told.error["code"] == code
    assert line(game)[-1] == CANCEL
    assert game.world.counted("proxyctl_cancels_total", provider="a", result="failed") == 1
    assert game.all_closed


def test_a_job_whose_answer_makes_no_sense_is_called_off() -> None:
    game = Game(LIVE.replace("when: =data.stream}", 'when: "=keys(data.stream)"}'))
    told = game.run(to_the_end(game, [OPEN, Json({})], stream=True))
    assert told.error["code"] == "unreadable_answer" and line(game) == ["POST /v1/jobs", CANCEL]


@pytest.mark.parametrize(
    ("script", "stream"),
    [
        ([QUEUED, Json({"state": "failed", "why": "no luck"})], False),
        ([OPEN, Json({"state": "failed", "why": "no luck"})], True),
        ([OPEN, Stream({"text": "a"}, {"error": "no luck"})], True),
        ([OPEN, Stream({"text": "a", "finish": "stop"}, {"over": True}, Wait(60))], True),
    ],
)
def test_what_has_ended_is_not_called_off(script: list[Line], stream: bool) -> None:
    game = Game(LIVE)
    game.run(to_the_end(game, script, stream=stream))
    assert CANCEL not in line(game)


def test_what_cannot_be_called_off_is_left() -> None:
    """The step before the id is known, say."""
    game = Game(LIVE)
    nameless = Reply(201, [b'{"stream": "https://a.test/v1/live/j1"}'])
    game.run(to_the_end(game, [nameless, Status(500)], stream=True))
    assert line(game) == ["POST /v1/jobs", "GET /v1/live/j1"]
    assert [(level, event) for level, event, _ in game.world.lines if "cancel" in event] == [
        ("warning", "a cancelling call could not be made")
    ]


def test_explain_shows_what_follows() -> None:
    game = Game(LIVE)
    body = {"model": "job", "messages": [{"role": "user", "content": "hi"}], "stream": True}
    target = explain(game.snapshot, body, {}, None)["legs"][0]["targets"][0]
    assert target["follows"]["cancel"] == "POST /jobs/${data.id}/cancel"
    assert [step["call"] for step in target["follows"]["stream"]] == [
        "GET /jobs/${data.id}",
        "GET =data.stream",
    ]
    (step,) = target["follows"]["steps"]
    assert step == {
        "call": "GET /jobs/${data.id}", "when": "=!(data.text)", "until": "=data.text", "every": 2.0, "max": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "after"),
    [
        (Json({"id": "j1"}, before=2.0), [CANCEL]),
        (Json({"message": "no"}, status=429, before=2.0), []),
        (Reply(200, [b"<p>"], before=2.0), []),
        (Json({"id": "j1"}, before=500.0), []),
        (Reply(200, [b'{"id":', Wait(2), b'"j1"}']), [CANCEL]),
        (Reply(200, [Wait(2), b'{"id": "j1"}']), [CANCEL]),
        (Reply(200, [Wait(2), Break()]), []),
        (Reply(200, [Wait(500), b'{"id": "j1"}']), []),
    ],
)
def test_a_client_that_leaves_before_the_job_has_a_name(answer: Line, after: list[str]) -> None:
    game = Game(LIVE)
    game.run(leave(game, [answer, Json({})], 0.5, stream=False))
    assert line(game) == ["POST /v1/jobs", *after]
    assert game.all_closed


@pytest.mark.parametrize("late", [Json({"id": "j1"}, before=20.0), Reply(200, [Wait(20), b'{"id": "j1"}'])])
def test_a_submission_that_takes_too_long_is_called_off_when_it_answers(late: Line) -> None:
    game = Game(LIVE)
    told = game.run(to_the_end(game, [late, Json({})], stream=False))
    assert told.status == 504 and line(game) == ["POST /v1/jobs", CANCEL]


IN_STEPS = """
  in-steps:
    extends: openai
    operations:
      chat:
        response:
          from: null
          steps: [{request: {method: GET, path: "/jobs/${data.id}"}, until: "=data.state == 'done'", every: 1s}]
          events: [{text: =data.text, finish: stop}]
providers: {s: {dialect: in-steps, base_url: "https://a.test", retry: off}}
models: {job: {targets: [s/m]}}
"""


def test_what_takes_several_calls_does_not_pass_though_it_speaks_the_clients_protocol() -> None:
    game = play(IN_STEPS, "job", SUBMITTED, RUNNING, Json({"state": "done", "text": "at last"}))
    assert game.heard.text == "at last"
    assert paths(game) == ["/chat/completions", "/jobs/j1", "/jobs/j1"]
