"""Requests to endpoints with actions: read, carried out, told in the endpoint's own shape."""

from __future__ import annotations

import asyncio
import gc

import orjson

from engine.gateway.acting import ActionStream
from tests.gateway.acted import Acts
from tests.gateway.playbook import Break, Json, Status, Stream, Wait, client

GOOD = Json({"text": "hi", "finish": "stop", "usage": {"prompt": 3, "output": 4}})
TEXTS = ({"id": "r1", "text": "hel"}, {"text": "lo"}, {"finish": "stop", "usage": {"prompt": 3, "output": 4}})
ANN = {"path": {"name": "Ann"}}


def test_a_whole_answer_in_its_own_shape() -> None:
    game = Acts()
    answer = game.act("greet", {}, script=[GOOD], **ANN)
    assert (answer.status, answer.data) == (200, {"said": "hi", "tokens": 7, "model": "smart"})
    sent = orjson.loads(game.upstream.calls[0].body)
    assert (sent["say"], sent["temperature"]) == ("Greet Ann.", 0.5)


def test_the_request_is_on_record_like_any_other() -> None:
    game = Acts()
    game.act("greet", {}, script=[GOOD], client=client("web"), **ANN)
    row = game.usage[0]
    assert (row["surface"], row["client"], row["alias"], row["prompt"]) == ("greet", "web", "smart", 3)
    assert game.world.counted("proxyctl_prompts_total", prompt="greet", version="1") == 1


def test_headers_tell_where_it_went_as_of_any_request() -> None:
    way = {"x-proxyctl-provider": "a", "x-proxyctl-target": "a/m1", "x-proxyctl-attempts": "1"}
    whole = Acts().act("greet", {}, script=[GOOD], **ANN)
    assert way.items() <= whole.headers.items()
    stream = Acts().act("greet", {"stream": True}, script=[Stream(*TEXTS)], **ANN)
    assert {**way, "cache-control": "no-cache"}.items() <= stream.headers.items()
    failed = Acts().act("greet", {}, script=[Status(429, retry_after="7")], **ANN)
    assert {**way, "retry-after": "7"}.items() <= failed.headers.items()
    assert not way.keys() & Acts().act("list", {}).headers.keys()


def test_a_stream_ends_with_done() -> None:
    game = Acts()
    answer = game.act("greet", {"stream": True}, script=[Stream(*TEXTS)], **ANN)
    assert answer.content_type.startswith("text/event-stream")
    assert answer.chunks == [{"chunk": "hel"}, {"chunk": "lo"}, {"done": True}]
    assert game.all_closed and game.usage[0]["streamed"]


def test_a_stream_that_breaks_ends_with_its_error_and_nothing_else() -> None:
    game = Acts()
    answer = game.act("greet", {"stream": True}, script=[Stream(TEXTS[0], Break("gone"))], **ANN)
    assert answer.chunks == [{"chunk": "hel"}, {"error": "gone"}]
    assert game.all_closed


def test_an_error_before_the_first_event_has_its_status() -> None:
    answer = Acts().act("greet", {"stream": True}, script=[Status(429, {"message": "slow"})], **ANN)
    assert (answer.status, answer.data) == (429, {"detail": "slow"})


def test_what_it_held_goes_without_the_garbage_collector() -> None:
    gc.collect()
    gc.disable()
    try:
        Acts().act("greet", {"stream": True}, script=[Status(429)], **ANN)
        assert not any(isinstance(found, ActionStream) for found in gc.get_objects())
    finally:
        gc.enable()


def test_or_is_an_event_where_the_endpoint_says_so() -> None:
    answer = Acts().act("in-band", {"text": "hi"}, script=[Status(400, {"message": "no"})])
    assert (answer.status, answer.chunks) == (200, [{"error": "no"}])


def test_a_body_that_does_not_fit_is_told_by_its_fields() -> None:
    game = Acts()
    answer = game.act("greet", {"mood": 1}, **ANN)
    assert (answer.status, answer.data["detail"][0]["loc"]) == (422, ["body", "mood"])
    assert (game.usage[0]["status"], game.usage[0]["surface"]) == (400, "greet")
    broken = game.act("greet", b"{", **ANN)
    assert (broken.status, broken.data["detail"][0]["type"]) == (422, "json_invalid")


def test_errors_by_templates_and_their_status() -> None:
    game = Acts()
    assert (game.act("byok", {}).status, game.heard.data) == (200, {"problem": "missing_credential"})
    refused = game.act("byok", {"api_key": "k"}, script=[Status(401)])
    assert (refused.status, game.sent) == (401, ["o k m"])


def test_a_key_in_a_header_is_not_for_upstreams() -> None:
    game = Acts()
    game.act("byok", {}, headers={"authorization": "Bearer door", "x-api-key": "door"})
    assert (game.heard.data, game.sent) == ({"problem": "missing_credential"}, [])


def test_what_is_no_json() -> None:
    answer = Acts().act("text", query={"say": "<p>"})
    assert (answer.status, answer.content_type, answer.raw) == (201, "text/html", b"<p>")


def test_an_input_that_came_to_nothing_is_named() -> None:
    answer = Acts().act("text")
    assert (answer.status, answer.data["error"]["param"]) == (400, "body")


def test_a_client_that_leaves_stops_the_upstream() -> None:
    game = Acts()
    game.upstream.script = [Stream(TEXTS[0], Wait(5), *TEXTS[1:])]

    async def play() -> bytes:
        answer = await game.opened("greet", {"stream": True}, **ANN)
        assert not isinstance(answer.body, bytes)
        first = await anext(answer.body)
        await asyncio.sleep(1)
        await answer.aclose()
        await game.gateway.office.settled()
        return first

    assert game.run(play()) == b'data: {"chunk":"hel"}\n\n'
    assert game.all_closed and game.elapsed < 5
    assert (game.usage[0]["status"], len(game.usage)) == (499, 1)
