from __future__ import annotations

from engine.errors import ErrorClass, ErrorInfo
from engine.events import Call, Event
from engine.testing.facts import (
    completion_facts,
    error_facts,
    event_facts,
    frames,
    request_facts,
    stream_facts,
)


def test_a_request_is_told_from_its_base_url_on() -> None:
    call = Call("POST", "https://a.test/v1/x?alt=sse&q=a%20b", {"h": "1"}, b'{"a":1}')
    assert request_facts(call, "https://a.test/v1/") == {
        "method": "POST",
        "path": "/x?alt=sse&q=a%20b",
        "query": {"alt": "sse", "q": "a b"},
        "headers": {"h": "1"},
        "body": {"a": 1},
    }
    assert request_facts(Call("GET", "https://a.test/x", {}), "https://a.test")["body"] is None


def test_errors_and_events() -> None:
    info = ErrorInfo(ErrorClass.QUOTA, "m", "c", "p", 2.0)
    assert error_facts(info) == {
        "status": 429,
        "class": "quota",
        "message": "m",
        "code": "c",
        "param": "p",
        "type": "insufficient_quota",
        "retry_after": 2.0,
    }
    assert event_facts([Event("text", {"text": "a"}), Event("done", {}, 1)]) == [
        ["text", {"text": "a"}],
        ["done", {}, 1],
    ]


def test_a_stream_tells_chunks_deltas_finish_and_usage() -> None:
    data = (
        b'data: {"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}]}\n\n'
        b'data: {"choices":[{"index":1,"delta":{},"finish_reason":"length"}]}\n\n'
        b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
        b'data: {"choices":[],"usage":{"total_tokens":3}}\n\n'
        b"data: [DONE]\n\n"
    )
    assert len(frames(data)) == 5
    found = stream_facts(data)
    assert len(found["chunks"]) == 4
    assert found["deltas"] == [{"content": "a"}, {}, {}]
    assert (found["finish"], found["usage"]) == ("stop", {"total_tokens": 3})


def test_an_error_ends_a_stream_and_is_no_chunk() -> None:
    assert stream_facts(b'data: {"error":{"message":"m"}}\n\n') == {
        "error": {"message": "m"},
        "chunks": [],
        "deltas": [],
    }


def test_a_whole_answer() -> None:
    body = {"choices": [{"finish_reason": "stop"}], "usage": None}
    assert completion_facts(body) == {"completion": body, "finish": "stop"}
