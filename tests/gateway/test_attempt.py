"""What an upstream says it sends, and what it sends: lies, and what is made of them."""

import pytest

from engine.gateway.labels import framing_of
from engine.mapping.dialect import Operation
from tests.gateway.playbook import DIALECT, Break, Game, Json, Line, Reply, Status, Stream, play

SITE = """
providers:
  b: {dialect: plain, base_url: "https://b.test", retry: off}
models:
  alone: {targets: [b/m]}
"""
WHOLE = b'{"text": "hi", "finish": "stop"}'
EVENT = b'data: {"text": "hi", "finish": "stop"}\n\n'


@pytest.mark.parametrize("streaming", [True, False])
@pytest.mark.parametrize(
    ("line", "code"),
    [
        (Reply(200, [b"<html>welcome</html>"], "text/html"), "unexpected_content_type"),
        (Reply(200, [b"\x89PNG"], "image/png"), "unexpected_content_type"),
        (Reply(200, [b"<html>welcome</html>"], "application/json"), "malformed_answer"),
        (Reply(200, [b'{"text": "h']), "malformed_answer"),
        (Reply(200, [b"null"]), "empty_answer"),
        (Reply(200, [b""]), "empty_answer"),
        (Reply(200, [b" \n "]), "empty_answer"),
        (Reply(200, [b"[]"]), "empty_answer"),
        (Reply(200, [b"{}"]), "empty_answer"),
        (Reply(200, [b'"text"']), "empty_answer"),
        (Reply(200, [b'{"unknown": 1}']), "empty_answer"),
        (Reply(204), "empty_answer"),
        (Reply(301, headers={"location": "https://elsewhere.test"}), "unexpected_status"),
        (Reply(200, [WHOLE[:9], Break()]), "connection_lost"),
        (Reply(200, [b"data: <html>\n\n"], "text/event-stream"), None),
        (Reply(200, [b"data: [DONE]\n\n"], "text/event-stream"), None),
        (Reply(200, [WHOLE[:-1]], "text/event-stream"), "malformed_answer"),
    ],
)
def test_lies(line: Line, code: str | None, streaming: bool) -> None:
    game = play(SITE, "alone", line, stream=streaming)
    assert game.heard.status == 502
    assert game.heard.error["type"] == "upstream_error"
    assert code is None or game.heard.error["code"] == code
    assert game.all_closed


@pytest.mark.parametrize("streaming", [True, False])
def test_a_byte_order_mark_is_no_part_of_an_answer(streaming: bool) -> None:
    assert play(SITE, "alone", Reply(200, [b"\xef\xbb\xbf" + WHOLE]), stream=streaming).heard.text == "hi"


@pytest.mark.parametrize("streaming", [True, False])
@pytest.mark.parametrize("kind", ["text/event-stream", "application/json"])
def test_a_whole_answer_may_come_under_the_label_of_a_stream(kind: str, streaming: bool) -> None:
    pieces = [b"\r\n", b" ", WHOLE[:1], WHOLE[1:]]
    assert play(SITE, "alone", Reply(200, pieces, kind), stream=streaming).heard.text == "hi"
    told = play(
        SITE, "alone", Reply(200, [b'{"failed": 1, "message": "busy"}'], kind), stream=streaming
    ).heard
    assert (told.status, told.error["message"]) == (502, "busy")


def test_a_redirect_is_not_followed() -> None:
    game = play(SITE, "alone", Reply(307, headers={"location": "https://elsewhere.test"}))
    assert game.sent == ["b - m"]
    assert "elsewhere" not in str(game.heard.data)


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "application/problem+json", "text/plain", None]
)
def test_labels_of_a_whole_answer(kind: str | None) -> None:
    assert play(SITE, "alone", Reply(200, [WHOLE], kind)).heard.text == "hi"


@pytest.mark.parametrize(
    "kind", ["text/event-stream;charset=utf-8", "text/plain", "application/octet-stream", None]
)
def test_labels_of_a_stream(kind: str | None) -> None:
    assert play(SITE, "alone", Reply(200, [EVENT], kind), stream=True).heard.text == "hi"


def test_an_error_with_a_good_status() -> None:
    game = play(SITE, "alone", Json({"failed": True, "code": "filtered", "message": "not that"}), stream=True)
    assert (game.heard.status, game.heard.error["message"]) == (400, "not that")


@pytest.mark.parametrize(
    ("status", "answer", "kind"),
    [
        (401, 502, "upstream_authentication_error"),
        (402, 429, "insufficient_quota"),
        (404, 404, "not_found_error"),
        (408, 504, "timeout_error"),
        (413, 400, "invalid_request_error"),
        (429, 429, "rate_limit_error"),
        (500, 502, "upstream_error"),
        (529, 503, "overloaded_error"),
    ],
)
def test_statuses(status: int, answer: int, kind: str) -> None:
    heard = play(SITE, "alone", Status(status)).heard
    assert (heard.status, heard.error["type"]) == (answer, kind)


def test_an_error_page_in_html_is_still_its_status() -> None:
    heard = play(SITE, "alone", Reply(503, [b"<h1>Service Unavailable</h1>"], "text/html")).heard
    assert heard.status == 503


# --- mode: what is asked of the upstream ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "streaming", "asked"),
    [
        ("asked", True, b'"stream":true'),
        ("asked", False, None),
        ("always", True, b'"stream":true'),
        ("always", False, b'"stream":true'),
        ("never", True, b'"stream":false'),
        ("never", False, None),
    ],
)
@pytest.mark.parametrize(
    "line", [Json({"text": "hi", "finish": "stop"}), Stream({"text": "hi"}, {"finish": "stop"})]
)
def test_mode(mode: str, streaming: bool, asked: bytes | None, line: Line) -> None:
    game = play(SITE.replace("retry: off", f"mode: {mode}"), "alone", line, stream=streaming or None)
    assert game.heard.text == "hi"
    sent = game.upstream.calls[0].body
    assert asked in sent if asked else b'"stream":true' not in sent


def test_an_alias_has_the_last_word_on_mode() -> None:
    site = SITE.replace("retry: off", "mode: always").replace("alone: {", "alone: {mode: never, ")
    game = play(site, "alone", Json({"text": "hi"}), stream=True)
    assert b'"stream":true' not in game.upstream.calls[0].body


def operation(text: str) -> Operation:
    head, _, _ = DIALECT.partition("        response:\n")
    game = Game(
        f"{head[:0]}  other:\n    operations:\n      chat:\n        request: {{path: /gen, body: {{s: =chat.stream}}}}\n"
        f"{text}providers:\n  b: {{dialect: other, base_url: 'https://b.test'}}\nmodels: {{alone: {{targets: [b/m]}}}}\n"
    )
    return game.snapshot.providers["b"].dialect.operations["chat"]


ARRAY = "        stream: {frames: json-array, events: [{text: =data.text, finish: =data.finish}]}\n"
RESPONSE = "        response: {events: [{text: =data.text}]}\n"


def test_a_framing_that_travels_as_json_is_what_was_asked_for() -> None:
    both = operation(ARRAY + RESPONSE)
    found = framing_of("application/json", both, asked=True)
    assert found is not None and found.name == "json-array"
    assert framing_of("application/json", both, asked=False) is None


def test_the_label_wins_over_the_declared_framing() -> None:
    found = framing_of("text/event-stream", operation(ARRAY + RESPONSE), asked=True)
    assert found is not None and found.name == "sse"


def test_a_platform_that_only_streams_is_read_from_json_too() -> None:
    site = (
        "  other:\n    operations:\n      chat:\n        request: {path: /gen, body: {model: =model, stream: =chat.stream}}\n"
        "        stream: {frames: sse, events: [{text: =data.text, finish: =data.finish}]}\n"
        + SITE.replace("dialect: plain", "dialect: other")
    )
    game = play(site, "alone", Json({"text": "hi"}))
    assert game.heard.text == "hi"
    assert b'"stream":true' in game.upstream.calls[0].body


def test_a_platform_that_cannot_stream_sends_no_stream() -> None:
    site = (
        "  other:\n    operations:\n      chat:\n        request: {path: /gen, body: {model: =model, stream: =chat.stream}}\n"
        "        response: {events: [{text: =data.text}]}\n"
        + SITE.replace("dialect: plain", "dialect: other")
    )
    assert play(site, "alone", Json({"text": "hi"}), stream=True).heard.text == "hi"
    assert (
        play(site, "alone", Stream({"text": "hi"}), stream=True).heard.error["code"]
        == "unexpected_content_type"
    )


@pytest.mark.parametrize("line", [Json({"text": {"deep": 1}}), Stream({"text": {"deep": 1}})])
def test_an_answer_that_its_mapping_cannot_read_is_the_upstreams_fault(line: Line) -> None:
    site = (
        "  strict:\n    operations:\n      chat:\n        request: {path: /gen, body: {model: =model}}\n"
        '        stream: {frames: sse, events: [{text: "${data.text}"}]}\n'
        '        response: {events: [{text: "${data.text}"}]}\n'
        + SITE.replace("dialect: plain", "dialect: strict")
    )
    game = play(site, "alone", line, stream=True)
    assert (game.heard.status, game.heard.error["code"]) == (502, "unreadable_answer")
    assert "routes.d/site.yaml:" in game.heard.error["message"]
    assert game.all_closed
