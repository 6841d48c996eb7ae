from __future__ import annotations

import pytest

from engine.testing.answers import answers, stream_type
from engine.testing.world import UpstreamAnswer
from engine.wire.framings.eventstream import Messages
from tests.testing.sample import case


def only(text: str) -> UpstreamAnswer:
    ((way, answer),) = answers(case(f"name: n\ndialect: acme\n{text}").test, "sse")
    assert way == "whole"
    return answer


def test_a_response_is_json() -> None:
    answer = only("response: {a: 1}\nstatus: 201\nheaders: {X-Id: i}")
    assert (answer.status, answer.body) == (201, b'{"a":1}')
    assert answer.headers == {"content-type": "application/json", "x-id": "i"}


def test_errors_are_json_or_text() -> None:
    told = only("error: {status: 429, headers: {Retry-After: 3}, json: {e: 1}}".replace(": 3", ': "3"'))
    assert (told.status, told.body, told.headers["retry-after"]) == (429, b'{"e":1}', "3")
    plain = only("error: {status: 502, text: <html>}")
    assert (plain.body, plain.headers["content-type"]) == (b"<html>", "text/plain")


def test_a_stream_is_cut_in_many_ways() -> None:
    found = dict(answers(case('name: n\ndialect: acme\nstream: "data: 1\\n\\n"').test, "sse"))
    assert len(found) == 5
    assert {answer.body for answer in found.values()} == {b"data: 1\n\n"}
    assert {answer.headers["content-type"] for answer in found.values()} == {"text/event-stream"}


def test_bytes_that_are_no_text() -> None:
    found = dict(answers(case("name: n\ndialect: acme\nstream_base64: /wA=").test, "sse"))
    assert found["whole"].body == b"\xff\x00"


def test_a_stream_of_a_binary_framing_is_written_as_sse() -> None:
    written = case('name: n\ndialect: acme\nstream: "event: e\\ndata: {}\\n\\ndata: 2"').test
    found = dict(answers(written, "aws-eventstream"))
    assert {answer.headers["content-type"] for answer in found.values()} == {
        "application/vnd.amazon.eventstream"
    }
    frames = Messages(1000).feed(found["whole"].body)
    assert [(frame.event, frame.data) for frame in frames] == [("e", "{}"), (None, "2")]


def test_a_test_of_the_request_alone_has_no_answer() -> None:
    assert list(answers(case("name: n\ndialect: acme").test, "sse")) == []


@pytest.mark.parametrize(
    ("framing", "kind"),
    [("sse", "text/event-stream"), ("ndjson", "application/x-ndjson"), ("json-array", "application/json"), (None, "text/event-stream")],
)  # fmt: skip
def test_a_framing_has_its_content_type(framing: str | None, kind: str) -> None:
    assert stream_type(framing) == kind
