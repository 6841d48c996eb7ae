"""Streams of a declared surface."""

from __future__ import annotations

import pytest

from engine.errors import ErrorClass, ErrorInfo
from engine.events import Event
from engine.surfaces.declared.encode import ArrayWriter, error_names
from tests.surfaces.declared.surfaces import asked, surface
from tests.surfaces.events import DONE, call, meta, start, text

EVENTS = [start(), text("a"), text("b"), call(name="f", key=0), DONE]


def streamed(events: list[Event], **query: str) -> bytes:
    encoder = surface().stream(asked({"say": "hi"}, query=query), {}, meta())
    return b"".join(encoder.encode([event]) for event in events)


def test_events() -> None:
    assert streamed(EVENTS).decode() == (
        'event: begin\ndata: {"id":"up-1","model":"m-1","asked":"hi"}\n\n'
        'data: {"n":1,"t":"a","late":"hi"}\n\ndata: {"n":2,"t":"b","late":"hi"}\n\n'
        'data: {"call":"f","choice":0}\n\ndata: END\n\n'
    )


def test_lines_and_arrays() -> None:
    assert streamed(EVENTS, lines="1").splitlines()[1:] == [
        b'{"n":1,"t":"a","late":"hi"}', b'{"n":2,"t":"b","late":"hi"}', b'{"call":"f","choice":0}', b"END",
    ]  # fmt: skip
    assert streamed([text("a"), Event("error", {"message": "no"})], array="1") == (
        b'[{"n":1,"t":"a","late":"hi"}\n,\r\n{"fault":"no","kind":"other","status":502}]'
    )
    assert ArrayWriter().close() == b"[]"


def test_a_stream_lets_go_of_a_request_that_nothing_reads_later() -> None:
    small = surface("{encode: {cases: {start: [{data: =body.say}], text: [{data: =text}]}}}")
    encoder = small.stream(asked({"say": "hi"}), {}, meta())
    assert encoder.encode([start()]) == b'data: "hi"\n\n'
    assert encoder._scope.body is None


@pytest.mark.parametrize("error", [Event("error", {"message": "no", "class": "invalid"})])
def test_an_error_without_a_case_is_the_surfaces_own(error: Event) -> None:
    assert streamed([error]) == b'data: {"fault":"no","kind":"bad","status":400}\n\n'


def test_an_error_with_a_case() -> None:
    small = surface("{encode: {cases: {error: [{event: oh, data: [=message, =status, =type]}]}}}")
    encoder = small.stream(asked({}), {}, meta())
    assert encoder.encode([Event("error", {"message": "no", "class": "rate_limit"})]) == (
        b'event: oh\ndata: ["no",429,"rate_limit_error"]\n\n'
    )
    assert error_names(ErrorInfo(ErrorClass.QUOTA, "x"))["class"] == "quota"
