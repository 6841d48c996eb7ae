"""Bytes that pass through: the same rules for failures, timeouts and limits as for what is mapped."""

import orjson
import pytest

from tests.gateway.playbook import Break, Game, Json, Line, Reply, Status, Stream, Wait, play

pytestmark = pytest.mark.usefixtures("both_ways")

SITE = """
  clean:
    wire: openai-chat
    passthrough: true
    auth: {header: authorization, value: "Bearer ${credential.key}"}
    operations:
      chat:
        request:
          path: /chat/completions
          body: {$spread: =body, model: =model, stream: =chat.stream}
        stream:
          frames: sse
          end: "[DONE]"
          events:
            - start: {id: =data.id}
              text: =data.choices[0].delta.content || data.choices[0].message.content
              finish: =data.choices[0].finish_reason
        response: {from: stream}
    error: {map: {message: =data.error.message, code: =data.error.code}}
providers:
  a: {dialect: clean, base_url: "https://a.test/v1", key: sk-secret-a, retry: off}
  b: {dialect: clean, base_url: "https://b.test/v1", key: sk-secret-b, retry: off}
  c: {dialect: clean, base_url: "https://c.test/v1", passthrough: off, retry: off}
models:
  smart: {targets: [a/m1, b/m2]}
  alone: {targets: [b/m2]}
  same: {targets: [b/same]}
  mapped: {targets: [c/m3]}
  never: {targets: [b/m2], mode: never}
  tuned: {targets: [b/m2], params: {temperature: 0.5}}
"""
WHOLE = {
    "id": "up-1",
    "object": "chat.completion",
    "odd": [1, 2],
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7},
}


def chunk(text: str | None = None, finish: str | None = None) -> dict[str, object]:
    delta = {"content": text} if text is not None else {}
    return {"id": "up-1", "odd": 1, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


USAGE = {
    "id": "up-1",
    "choices": [],
    "usage": {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7},
}
GOOD = Stream(chunk("hel"), chunk("lo"), chunk(finish="stop"), USAGE, "[DONE]")


def test_a_whole_answer_is_the_upstreams_own_bytes() -> None:
    raw = b'{ "odd" : 1,\n' + orjson.dumps(WHOLE)[1:]
    game = play(SITE, "smart", Reply(200, [raw[:20], raw[20:]]))
    assert game.heard.raw == raw
    assert game.world.lines[-1][2]["usage"] == {"prompt": 3, "output": 4}
    assert game.all_closed


def test_the_clients_own_bytes_go_up() -> None:
    game = Game(SITE)
    game.ask("same", script=[Json(WHOLE)], strange={"b": 1, "a": 2})
    body = game.upstream.calls[0].body
    assert body.startswith(b'{"model":"same","messages":') and b'"strange":{"b":1,"a":2}' in body
    assert game.upstream.calls[0].url == "https://b.test/v1/chat/completions"


def test_what_must_be_patched_is() -> None:
    game = play(SITE, "tuned", GOOD, stream=True)
    sent = orjson.loads(game.upstream.calls[0].body)
    assert (sent["model"], sent["temperature"]) == ("m2", 0.5)
    assert sent["stream_options"] == {"include_usage": True}


def test_a_stream_is_the_upstreams_own_frames() -> None:
    game = play(SITE, "smart", GOOD, stream=True)
    assert game.heard.text == "hello"
    assert game.heard.chunks[0]["odd"] == 1
    assert game.heard.chunks[-1] == "[DONE]"
    assert not any(chunk.get("usage") for chunk in game.heard.chunks[:-1])
    assert game.world.lines[-1][2]["usage"] == {"prompt": 3, "output": 4}
    assert game.all_closed


def test_usage_is_kept_for_a_client_that_asked() -> None:
    game = play(SITE, "smart", GOOD, stream=True, stream_options={"include_usage": True})
    assert game.heard.chunks[-2]["usage"]["total_tokens"] == 7


def test_nothing_is_reported_as_unsupported() -> None:
    game = play(SITE, "smart", Json(WHOLE), seed=1, strange=1)
    assert "x-proxyctl-unsupported" not in game.heard.headers


@pytest.mark.parametrize("streaming", [True, False])
@pytest.mark.parametrize(
    "failure",
    [
        Status(429),
        Json({"error": {"message": "full", "code": "rate_limit_exceeded"}}),
        Json({"hello": "world"}),
        Stream({"error": {"message": "full", "code": "rate_limit_exceeded"}}),
        Stream(b": ping\n\n", Break()),
        Stream(b"data: <html>\n\n"),
        Stream("[DONE]"),
        Stream(),
        Reply(200, [b'{"choices": ']),
        Reply(200, [b"<html>"], "text/html"),
        Stream(Wait(999)),
    ],
)
def test_a_failure_before_the_first_event_is_not_seen(failure: Line, streaming: bool) -> None:
    game = play(SITE, "smart", failure, GOOD if streaming else Json(WHOLE), stream=streaming)
    assert [call.split()[0] for call in game.sent] == ["a", "b"]
    assert game.heard.text == ("hello" if streaming else "hi")
    assert game.all_closed


@pytest.mark.parametrize(
    ("breach", "told"),
    [
        (Break("gone"), "gone"),
        ({"error": {"message": "key sk-secret-a is tired", "code": "x"}}, "key *** is tired"),
        (Wait(999), "timeout.idle"),
    ],
)
def test_after_the_first_event_it_is_an_error_event(breach: object, told: str) -> None:
    game = play(SITE, "smart", Stream(chunk("hel"), breach), stream=True)
    assert game.heard.status == 200
    assert told in game.heard.error["message"]
    assert b"[DONE]" not in game.heard.raw
    assert b"sk-secret-a" not in game.heard.raw
    assert game.world.lines[-1][2]["error"] in ("upstream", "timeout")


def test_keep_alives_are_neither_events_nor_garbage() -> None:
    game = play(SITE, "smart", Stream(b"data:\n\n", Wait(1), chunk("a"), chunk(finish="stop")), stream=True)
    assert game.heard.text == "a"
    silent = play(SITE, "alone", Stream(*[b"data:\n\n", Wait(50)] * 9), stream=True)
    assert (silent.heard.status, silent.elapsed) == (504, 120)


def test_an_error_in_one_piece_with_what_came_before() -> None:
    both = (
        b'data: {"choices":[{"index":0,"delta":{"content":"hel"}}]}\n\ndata: {"error":{"message":"no"}}\n\n'
    )
    game = play(SITE, "smart", Stream(both), stream=True)
    assert game.heard.chunks[0]["choices"][0]["delta"]["content"] == "hel"
    assert game.heard.error["message"] == "no"
    assert len(game.heard.chunks) == 2


def test_a_stream_that_just_ends() -> None:
    cut_off = play(SITE, "smart", Stream(chunk("hel")), stream=True).heard
    assert cut_off.error["code"] == "truncated_stream"
    no_done = play(SITE, "smart", Stream(chunk("hel"), chunk(finish="stop")), stream=True).heard
    assert no_done.chunks[-1] == "[DONE]"


def test_what_was_not_asked_for_is_mapped() -> None:
    assert play(SITE, "alone", Json(WHOLE), stream=True).heard.text == "hi"
    assert play(SITE, "alone", GOOD).heard.text == "hello"


def test_mode_and_the_provider_can_forbid_it() -> None:
    mapped = play(SITE, "mapped", Json(WHOLE)).heard
    assert mapped.text == "hi" and "odd" not in mapped.data
    never = play(SITE, "never", Json(WHOLE), stream=True)
    assert never.heard.text == "hi"
    assert orjson.loads(never.upstream.calls[0].body)["stream"] is False


def test_a_client_that_stops_reading_stops_the_upstream() -> None:
    game = Game(SITE)

    async def leave() -> None:
        answer = await game.open("smart", [Stream(chunk("a"), chunk("b"), Wait(9))], stream=True)
        assert not isinstance(answer.body, bytes)
        await anext(answer.body)
        await answer.aclose()

    game.run(leave())
    assert game.all_closed and game.upstream.replies[0].given == 1


ROLE: dict[str, object] = {
    "id": "up-1",
    "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}],
}
NO_CHOICE: dict[str, object] = {"id": "", "choices": [], "prompt_filter_results": [{"prompt_index": 0}]}


@pytest.mark.parametrize(
    "rest", [[Break()], [Wait(999)], [{"error": {"message": "busy"}}], [], [b"data: <html>\n\n"]]
)
def test_who_speaks_is_no_answer_yet(rest: list[object]) -> None:
    """Many a platform sends the role at once, and then fails or hangs."""
    game = play(SITE, "smart", Stream(NO_CHOICE, ROLE, *rest), GOOD, stream=True)
    assert [call.split()[0] for call in game.sent] == ["a", "b"]
    assert game.heard.text == "hello"
    assert game.all_closed


def test_it_comes_before_what_is_said() -> None:
    frames = [NO_CHOICE, Wait(1), ROLE, Wait(1), chunk("a"), chunk(finish="stop")]
    game = play(SITE, "smart", Stream(*frames), stream=True)
    assert game.heard.chunks[:3] == [NO_CHOICE, ROLE, chunk("a")]


def test_saying_nothing_does_not_keep_an_upstream_alive() -> None:
    silent = play(SITE, "alone", Stream(*[ROLE, Wait(50)] * 9), stream=True)
    assert (silent.heard.status, silent.elapsed) == (504, 120)
    assert silent.heard.error["message"].endswith("(timeout.first_byte)")
