"""Whole dialogues: what a client gets, streamed or not, and when it goes away."""

import asyncio
from typing import Any

import pytest

from engine.errors import ErrorClass, ErrorInfo
from engine.events import Inbound
from engine.gateway import gateway as gateway_module
from engine.gateway.gateway import Gateway
from engine.snapshot.model import Endpoint
from tests.gateway.playbook import (
    Break,
    Game,
    Json,
    Line,
    Refuses,
    Reply,
    Status,
    Stream,
    Wait,
    client,
    heard,
    inbound,
    play,
)

pytestmark = pytest.mark.usefixtures("both_ways")

SITE = """
providers:
  a: {dialect: plain, base_url: "https://a.test", key: sk-secret-a}
  b: {dialect: plain, base_url: "https://b.test", key: sk-secret-b, retry: off}
  own: {dialect: plain, base_url: "https://o.test", credential: client, retry: off}
models:
  smart: {targets: [a/m1, b/m2]}
  alone: {targets: [b/m2]}
  own: {targets: [own/m]}
  "any/*": {targets: ["b/*"]}
  named: {targets: [{provider: b}]}
  tuned: {targets: [b/m2], params: {temperature: 0.5}, override: {max_tokens: 7}}
  closed: {targets: [b/m2], access: {clients: ["team-*"]}}
"""
GOOD = Json({"text": "hi", "finish": "stop", "usage": {"prompt": 3, "output": 4}})
TEXTS = ({"id": "r1", "text": "hel"}, {"text": "lo"}, {"finish": "stop", "usage": {"prompt": 3, "output": 4}})


# --- the four ways through -----------------------------------------------------------------------------------


def test_a_whole_answer() -> None:
    game = play(SITE, "smart", GOOD)
    assert game.heard.status == 200
    assert game.heard.content_type == "application/json"
    assert game.heard.data["choices"][0]["message"]["content"] == "hi"
    assert game.heard.data["usage"]["total_tokens"] == 7
    assert game.heard.data["model"] == "smart"
    assert game.all_closed


def test_a_stream() -> None:
    game = play(SITE, "smart", Stream(*TEXTS), stream=True, stream_options={"include_usage": True})
    assert game.heard.status == 200
    assert game.heard.content_type.startswith("text/event-stream")
    assert game.heard.text == "hello"
    assert game.heard.chunks[-1] == "[DONE]"
    assert game.heard.chunks[-2]["usage"]["total_tokens"] == 7
    assert {chunk["id"] for chunk in game.heard.chunks[:-1]} == {"r1"}
    assert game.all_closed


def test_a_stream_for_a_client_that_wants_a_whole_answer() -> None:
    game = play(SITE, "smart", Stream(*TEXTS))
    assert game.heard.data["choices"][0]["message"]["content"] == "hello"


def test_a_whole_answer_for_a_client_that_wants_a_stream() -> None:
    game = play(SITE, "smart", GOOD, stream=True)
    assert game.heard.text == "hi"
    assert game.heard.chunks[-1] == "[DONE]"


# --- nothing to the client before the first event --------------------------------------------------------------


@pytest.mark.parametrize(
    "failure",
    [
        Refuses(),
        Status(503),
        Stream(Break()),
        Stream(b": ping\n\n", Break()),
        Stream({"id": "only a start"}, Break()),
        Stream({"error": "overloaded", "class": "overloaded"}),
        Stream(),
        Stream(b"data: not json\n\n"),
        Json({"failed": True, "message": "no"}),
    ],
)
def test_a_failure_before_the_first_event_is_not_seen(failure: Line) -> None:
    site = SITE.replace("key: sk-secret-a}", "key: sk-secret-a, retry: off}")
    game = play(site, "smart", failure, Stream(*TEXTS), stream=True)
    assert game.heard.text == "hello"
    assert game.heard.headers["x-proxyctl-target"] == "b/m2"
    assert game.heard.headers["x-proxyctl-attempts"] == "2"
    assert game.all_closed


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        (Status(503), 503, None),
        (Stream({"error": "slow down", "class": "rate_limit"}), 429, None),
        (Stream(), 502, "truncated_stream"),
        (Stream(Break()), 502, "connection_lost"),
        (Refuses(ErrorClass.TIMEOUT, "connect timed out"), 504, "connect_failed"),
    ],
)
def test_without_another_target_it_is_a_json_error(failure: Line, status: int, code: str | None) -> None:
    game = play(SITE, "alone", failure, stream=True)
    assert game.heard.status == status
    assert game.heard.content_type == "application/json"
    assert game.heard.error["code"] == code


@pytest.mark.parametrize(
    ("breach", "told"),
    [
        (Break("gone"), "gone"),
        ({"error": "overloaded", "class": "overloaded"}, "overloaded"),
        (b"data: {broken\n\n", "not valid JSON"),
        (Wait(200), "timeout.idle"),
    ],
)
def test_after_the_first_event_it_is_an_error_event(breach: object, told: str) -> None:
    game = play(SITE, "smart", Stream({"text": "hel"}, breach), stream=True)
    assert game.sent == ["a sk-secret-a m1"]
    assert game.heard.status == 200
    assert b"[DONE]" not in game.heard.raw
    assert told in game.heard.error["message"]
    assert game.heard.chunks[0]["choices"][0]["delta"]["content"] == "hel"
    assert game.all_closed


def test_a_stream_that_just_ends_is_an_error() -> None:
    game = play(SITE, "smart", Stream({"text": "hel"}), stream=True)
    assert game.heard.error["code"] == "truncated_stream"


def test_a_client_without_a_stream_sees_no_half_answer() -> None:
    game = play(SITE, "smart", Stream({"text": "hel"}, Break()), Stream(*TEXTS))
    assert game.heard.data["choices"][0]["message"]["content"] == "hello"


def test_what_comes_before_a_break_in_one_piece_is_told() -> None:
    both = b'data: {"text": "hel"}\n\ndata: {broken\n\n'
    game = play(SITE, "smart", Stream(both), stream=True)
    assert game.heard.chunks[0]["choices"][0]["delta"]["content"] == "hel"
    assert "error" in game.heard.chunks[-1]


# --- errors --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "invalid_json"),
        (b"[]", "invalid_type"),
        (b"", "invalid_json"),
        (b'{"model": 3}', "invalid_value"),
    ],
)
def test_bodies_that_are_none(body: bytes, code: str) -> None:
    game = Game(SITE)
    answer = game.run(game.hear(Inbound("POST", "/", {}, {}, body, "r")))
    assert (answer.status, answer.error["code"]) == (400, code)


def test_a_wrong_body_names_its_parameter() -> None:
    game = play(SITE, "smart", messages="hi")
    assert (game.heard.status, game.heard.error["param"]) == (400, "messages")


def test_a_missing_model() -> None:
    game = Game(SITE)
    heard = game.run(game.hear(inbound(...)))
    assert (heard.status, heard.error["param"]) == (400, "model")


def test_an_unknown_model_and_a_suggestion() -> None:
    game = play(SITE, "smrt")
    assert (game.heard.status, game.heard.error["code"]) == (404, "model_not_found")
    assert "'smart'" in game.heard.error["message"]


def test_a_model_that_the_client_may_not_use_does_not_exist_for_it() -> None:
    game = Game(SITE)
    stranger = client("web", models=("sm*", "closed"))
    for model in ("alone", "closed", "clsed"):
        answer = game.ask(model, script=[], client=stranger)
        assert (answer.status, answer.error["code"]) == (404, "model_not_found")
        assert "mean" not in answer.error["message"]
    assert game.ask("closed", script=[GOOD], client=client("team-a")).status == 200


def test_our_own_key_fails_as_502_and_is_not_shown() -> None:
    game = play(SITE, "alone", Status(401, {"message": "bad key sk-secret-b, sk-s****et-b"}))
    assert game.heard.status == 502
    assert b"sk-secret-b" not in game.heard.raw and b"et-b" not in game.heard.raw
    assert not any("sk-secret" in str(line) for line in game.world.lines)


def test_the_callers_own_key() -> None:
    game = Game(SITE)
    answer = game.ask("own", script=[Status(401)], headers={"x-api-key": "sk-mine"})
    assert game.sent == ["o sk-mine m"]
    assert (answer.status, answer.error["type"]) == (401, "authentication_error")
    assert game.ask("own", script=[]).status == 401


OWN_KEYS = """
providers:
  head: {dialect: plain, base_url: "https://h.test", credential: {header: x-upstream-key}, retry: off}
  field: {dialect: openai, base_url: "https://f.test", credential: {body: api_key}, retry: off}
  ours: {dialect: openai, base_url: "https://u.test", key: sk-ours-123, retry: off}
models:
  head: {targets: [head/m]}
  field: {targets: [field/m]}
  ours: {targets: [ours/m]}
  last: {targets: [field/m], fallback: [ours]}
"""


def test_the_callers_own_key_where_the_site_says() -> None:
    game = Game(OWN_KEYS)
    game.ask("head", script=[GOOD], headers={"x-upstream-key": "sk-mine-123"})
    game.ask("field", script=[Json({"choices": []})], api_key="sk-mine-456", temperature=0)
    assert game.sent == ["h sk-mine-123 m", "f sk-mine-456 m"]
    refused = [
        game.ask(model, script=[], headers={"authorization": "Bearer sk-x"}).error
        for model in ("head", "field")
    ]
    assert [error["code"] for error in refused] == ["missing_credential"] * 2
    assert [error["message"].partition("; ")[2] for error in refused] == [
        "send it in the header `x-upstream-key`", "send it as `api_key` in the body",
    ]  # fmt: skip


def test_a_key_in_the_body_goes_nowhere_else() -> None:
    game = Game(OWN_KEYS)
    # Bytes that pass through, bytes to another provider, and an upstream that repeats what it got.
    game.ask("field", script=[Status(401, {"message": "bad key sk-mine-456"})], api_key="sk-mine-456")
    assert (game.heard.status, b"sk-mine" in game.heard.raw) == (401, False)
    game.ask("ours", script=[Status(500)], api_key="sk-mine-456")
    game.ask("last", script=[Status(500), Status(500)], api_key="sk-mine-456")
    assert len(game.upstream.calls) == 4
    assert not any(b"sk-mine" in call.body for call in game.upstream.calls)
    assert "sk-mine" not in str(game.world.lines) + str(game.usage)


def test_the_key_for_us_never_goes_up() -> None:
    game = Game(SITE)
    web = client("web", "our-key")
    known = {"authorization": "Bearer our-key"}
    assert game.ask("own", script=[], headers=known, client=web).status == 401
    game.ask("own", script=[GOOD], headers={**known, "x-api-key": "sk-mine"}, client=web)
    assert game.sent == ["o sk-mine m"]


def test_an_unknown_surface_is_a_fault_of_ours() -> None:
    game = Game(SITE)
    with pytest.raises(LookupError, match="no such surface"):
        game.run(game.gateway.chat(game.snapshot, "nope", inbound("smart"), None))


# --- aliases ---------------------------------------------------------------------------------------------------------


def test_names_that_go_upstream() -> None:
    game = Game(SITE)
    for model in ("any/x/y", "named"):
        game.ask(model, script=[GOOD])
    assert game.sent == ["b sk-secret-b x/y", "b sk-secret-b named"]


@pytest.mark.parametrize(("sent", "got"), [({}, 0.5), ({"temperature": 0}, 0), ({"temperature": None}, 0.5)])
def test_params_fill_and_override_wins(sent: dict[str, float], got: float) -> None:
    game = play(SITE, "tuned", GOOD, **sent)
    assert b'"temperature":%s' % str(got).encode() in game.upstream.calls[0].body
    assert game.heard.headers["x-proxyctl-unsupported"] == "max_tokens"


# --- parameters that nobody carries ----------------------------------------------------------------------------------


def test_unsupported_is_told_by_default() -> None:
    game = play(SITE, "smart", GOOD, seed=1, top_p=0.5, nonsense=True, temperature=1)
    assert game.heard.headers["x-proxyctl-unsupported"] == "seed, top_p, nonsense"
    assert game.world.counted("proxyctl_unsupported_parameters_total", provider="a") == 3
    assert game.world.lines[-1][2]["unsupported"] == "seed, top_p, nonsense"


def test_unsupported_drop_is_quiet_but_counted() -> None:
    game = play(
        SITE.replace("key: sk-secret-a}", "key: sk-secret-a, unsupported: drop}"), "smart", GOOD, seed=1
    )
    assert "x-proxyctl-unsupported" not in game.heard.headers
    assert game.world.counted("proxyctl_unsupported_parameters_total", provider="a") == 1


def test_unsupported_reject_goes_to_a_target_that_can_or_refuses() -> None:
    site = SITE.replace("sk-secret-b,", "sk-secret-b, unsupported: reject,")
    refused = play(site, "alone", seed=1, top_p=0.5).heard
    assert (refused.status, refused.error["param"]) == (400, "seed")
    assert refused.error["code"] == "unsupported_parameter"
    assert "seed, top_p" in refused.error["message"]


def test_a_header_holds_nothing_that_could_break_it() -> None:
    game = play(SITE, "smart", GOOD, **{"bad\r\nset-cookie: x=1": True, "é": 1})
    told = game.heard.headers["x-proxyctl-unsupported"]
    assert told == "bad??set-cookie: x=1, ?"


# --- the client goes away ----------------------------------------------------------------------------------------------


def test_a_client_that_stops_reading_stops_the_upstream() -> None:
    game = Game(SITE)

    async def leave() -> None:
        answer = await game.open(
            "smart", [Stream({"text": "a"}, {"text": "b"}, {"text": "c"}, Wait(9))], stream=True
        )
        assert not isinstance(answer.body, bytes)
        await anext(answer.body)
        await answer.aclose()
        await answer.aclose()

    game.run(leave())
    assert game.all_closed
    assert game.upstream.replies[0].given == 1
    assert game.world.lines[-1][2]["status"] == 499


def test_a_client_that_never_begins_to_read_stops_the_upstream() -> None:
    game = Game(SITE)

    async def leave() -> None:
        await (await game.open("smart", [Stream({"text": "a"}, Wait(9))], stream=True)).aclose()

    game.run(leave())
    assert game.all_closed


@pytest.mark.parametrize(
    "line",
    [
        Stream(Wait(50)),
        Json({"text": "hi"}, before=50.0),
        Stream({"text": "a"}, Wait(50)),
    ],
)
@pytest.mark.parametrize("streaming", [True, False])
def test_cancelling_stops_the_upstream(line: Line, streaming: bool) -> None:
    game = Game(SITE)

    async def ask() -> None:
        answer = await game.open("smart", [line], stream=streaming)
        await heard(answer)

    async def leave() -> None:
        task = asyncio.ensure_future(ask())
        await asyncio.sleep(5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    game.run(leave())
    assert len(game.sent) == 1
    assert game.all_closed


def test_a_slow_reader_slows_its_upstream() -> None:
    game = Game(SITE)

    async def read_slowly() -> int:
        answer = await game.open("smart", [Stream(*[{"text": "x"}] * 50, {"finish": "stop"})], stream=True)
        assert not isinstance(answer.body, bytes)
        await anext(answer.body)
        await asyncio.sleep(300)
        given = game.upstream.replies[0].given
        assert b"[DONE]" in (await heard(answer)).raw
        return given

    assert game.run(read_slowly()) == 1


# --- what is told of it --------------------------------------------------------------------------------------------------


def test_one_line_for_a_request_and_no_content_in_it() -> None:
    game = Game(SITE)
    game.ask("smart", script=[Status(429), GOOD], client=client("web"))
    level, event, fields = game.world.lines[-1]
    assert (level, event) == ("info", "request")
    assert fields == {
        "request_id": "req-1",
        "surface": "openai-chat",
        "client": "web",
        "alias": "smart",
        "provider": "b",
        "target": "b/m2",
        "credential": "b",
        "attempts": 2,
        "stream": False,
        "status": 200,
        "ms": 0.0,
        "usage": {"prompt": 3, "output": 4},
    }
    assert [line[1] for line in game.world.lines] == ["attempt failed", "request"]
    assert game.world.counted("proxyctl_requests_total", status="200", provider="b") == 1
    assert game.world.counted("proxyctl_attempts_total") == 2
    assert game.world.counted("proxyctl_upstream_errors_total", **{"class": "rate_limit"}) == 1
    assert game.world.counted("proxyctl_tokens_total", kind="output") == 4


def test_a_broken_stream_is_told_once_with_its_usage() -> None:
    game = play(SITE, "smart", Stream({"text": "a", "usage": {"output": 1}}, Break()), stream=True)
    fields = game.world.lines[-1][2]
    assert (fields["status"], fields["error"], fields["usage"]) == (200, "upstream", {"output": 1})
    assert [line[1] for line in game.world.lines] == ["attempt failed", "request"]


def test_errors_about_the_content_are_not_logged_in_words() -> None:
    game = play(SITE, "smart", Status(400, {"message": "your text 'hi' is bad"}))
    assert all("your text" not in str(line) for line in game.world.lines)
    assert isinstance(game.gateway, Gateway)


@pytest.mark.parametrize("opening", [{"id": "r1"}, {"id": "r1", "text": ""}, {"usage": {"prompt": 1}}])
def test_events_that_carry_nothing_do_not_keep_an_upstream_alive(opening: dict[str, object]) -> None:
    """The first of them may come at once: `first_byte` runs on until there is something to tell."""
    site = SITE.replace(
        '"https://a.test",', '"https://a.test", timeout: {first_byte: 3s, idle: 9s}, retry: off,'
    )
    game = Game(site)
    game.ask("smart", stream=True, script=[Stream(*[opening, Wait(2)] * 9), Stream(*TEXTS)])
    assert (game.heard.text, game.elapsed) == ("hello", 3.0)
    assert game.all_closed


def ends(game: Game) -> list[tuple[Any, ...]]:
    return [
        (row["status"], row["error"], row["attempts"], row["aborted"], row["output"]) for row in game.usage
    ]


def test_every_end_of_a_request_is_one_record() -> None:
    game = Game(SITE)
    game.ask("smart", script=[Status(500), GOOD])
    game.ask("smart", script=[Stream(*TEXTS)], stream=True)
    game.ask("nothing-of-that-name", script=[])
    assert ends(game) == [
        (200, None, 2, False, 4),
        (200, None, 1, False, 4),
        (404, "invalid", 0, False, None),
    ]


@pytest.mark.parametrize("streaming", [False, True])
def test_a_client_that_leaves_is_one_record(streaming: bool) -> None:
    game = Game(SITE)
    slow = Stream(TEXTS[0], Wait(60)) if streaming else Reply(200, before=60)

    async def leave() -> None:
        task = asyncio.ensure_future(game.open("smart", [slow], stream=streaming))
        if streaming:
            await (await task).aclose()
        else:
            await asyncio.sleep(1)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    game.run(leave())
    assert ends(game) == [(499, None, 1, True, None)]


def test_a_fault_of_ours_is_one_record(monkeypatch: pytest.MonkeyPatch) -> None:
    game = Game(SITE)
    monkeypatch.setattr(gateway_module, "read_body", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        game.ask("smart", script=[])
    assert ends(game) == [(500, None, 0, False, None)]


def test_a_refusal_at_the_door_is_one_record() -> None:
    game = Game(SITE)
    info = ErrorInfo(ErrorClass.AUTH, "no", status_override=401)
    for kind, operation in (
        ("surface", "chat"),
        ("operation", "speech"),
        ("count", "chat"),
        ("pass", "chat"),
    ):
        endpoint = Endpoint(kind, "/", ("POST",), kind, "openai-chat", operation=operation)
        game.gateway.refused(endpoint, inbound("smart"), info)
    assert ends(game) == [(401, "auth", 0, False, None)] * 4 and game.usage[0]["request_id"] == "req-1"
    told = [(row["surface"], row["operation"]) for row in game.usage]
    assert told == [("surface", "chat"), ("operation", "speech"), ("count", "count_tokens"), ("pass", "pass")]
