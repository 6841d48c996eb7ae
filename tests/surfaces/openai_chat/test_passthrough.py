from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given

from engine.errors import ErrorClass, ErrorInfo
from engine.events import Frame
from engine.surfaces.openai_chat.passthrough import PassStream, error_of, patch_body, usage_of
from tests.surfaces.openai_chat.reading import payloads
from tests.wire.cuts import bytewise, cut_at, cuts, read, whole

RECORDED = Path(__file__).parents[4] / "shared" / "wire" / "recorded"

HELLO = b'data: {"id":"x","choices":[{"index":0,"delta":{"content":"\\"error\\": \\"usage\\":1"},"finish_reason":null}],"usage":null}\n\n'
STOP = b'data: {"id":"x","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null}\n\n'
USAGE = b'data: {"id":"x","choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7,"prompt_tokens_details":{"cached_tokens":3}}}\n\n'
DONE = b"data: [DONE]\n\n"
ERROR = b'data: {"error":{"message":"slow down","type":"x","code":"rate_limit_exceeded"}}\n\n'


def passed(data: bytes, *, include_usage: bool = False) -> tuple[bytes, PassStream]:
    stream = PassStream(include_usage=include_usage)
    return stream.feed(whole("sse", data)) + stream.end(), stream


def test_bytes_pass_as_they_are() -> None:
    data = HELLO + STOP + USAGE + DONE
    out, stream = passed(data, include_usage=True)
    assert out == data
    assert (stream.begun, stream.finished, stream.ended, stream.error) == (True, True, True, None)
    assert stream.usage == {"prompt": 5, "input": 2, "cache_read": 3, "output": 2, "visible": 2, "total": 7}


def test_the_usage_chunk_is_kept_from_a_client_that_did_not_ask() -> None:
    out, stream = passed(HELLO + STOP + USAGE + DONE)
    assert out == HELLO + STOP + DONE
    assert stream.usage and stream.usage["total"] == 7


def test_usage_beside_choices_passes() -> None:
    both = b'data: {"choices":[{"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1}}\n\n'
    first = b'data: {"choices":[],"prompt_filter_results":[]}\n\n'
    out, stream = passed(first + both + DONE)
    assert out == first + both + DONE
    assert stream.usage and stream.usage["total"] == 2


def test_carriage_returns_pass_too() -> None:
    data = (HELLO + STOP + DONE).replace(b"\n", b"\r\n")
    assert passed(data)[0] == data


def begun() -> PassStream:
    stream = PassStream(include_usage=True)
    stream.feed(whole("sse", HELLO))
    return stream


@pytest.mark.parametrize(
    "events",
    [
        HELLO,
        HELLO * 3,
        b'data: {"usage" : null, "finish_reason": null, "a": "\\u00e9"}\n\n',
        b'data: {"a": "\\n\\ndata: {"}\n\n',
    ],
)
def test_events_without_news_go_on_unread(events: bytes) -> None:
    assert begun().is_plain(events)
    assert begun().feed(whole("sse", events)) == events


@pytest.mark.parametrize(
    "events",
    [
        STOP,
        USAGE,
        DONE,
        ERROR,
        HELLO + ERROR + HELLO,
        HELLO + DONE,
        b"",
        b": comment\n\n" + HELLO,
        HELLO + b": comment\n\n" + HELLO,
        HELLO + b"data:\n\n" + HELLO,
        HELLO + b"\n" + HELLO,
        HELLO.replace(b"\n", b"\r\n"),
        HELLO.replace(b"\n", b"\r"),
        b"event: error\n" + HELLO,
        b"data: [1]\n\n",
        b"data: {\ndata: }\n\n",
        b'data: {"\\u0065rror": {"message": "m"}}\n\n',
        b'data: {"usag\\u0065": {"prompt_tokens": 1}}\n\n',
    ],
)
def test_all_other_events_are_looked_into(events: bytes) -> None:
    assert not begun().is_plain(events)


def test_nothing_goes_on_unread_before_the_first_event_or_behind_the_last() -> None:
    assert not PassStream(include_usage=True).is_plain(HELLO)
    stream = begun()
    stream.feed(whole("sse", DONE))
    assert not stream.is_plain(HELLO)


def test_a_name_may_be_written_with_escapes() -> None:
    out, stream = passed(HELLO + b'data: {"\\u0065rr\\u006fr": {"message": "full"}}\n\n' + DONE)
    assert stream.error == ErrorInfo(ErrorClass.UPSTREAM, "full")
    assert json.loads(payloads(out)[-1])["error"]["message"] == "full"
    spelled = HELLO + USAGE.replace(b'"usage"', b'"us\\u0061ge"') + STOP
    out, stream = passed(spelled, include_usage=True)
    assert out == spelled + DONE and stream.usage and stream.usage["total"] == 7


def test_nothing_has_begun_before_the_first_event() -> None:
    stream = PassStream(include_usage=False)
    assert (stream.feed([]), stream.begun) == (b"", False)
    stream.feed(whole("sse", HELLO))
    assert stream.begun


def test_an_error_in_the_middle_is_told_in_the_hubs_own_words() -> None:
    out, stream = passed(HELLO + ERROR + STOP + DONE)
    assert out.startswith(HELLO)
    assert json.loads(payloads(out)[1]) == {
        "error": {
            "message": "slow down",
            "type": "rate_limit_error",
            "param": None,
            "code": "rate_limit_exceeded",
        }
    }
    assert b"[DONE]" not in out
    assert stream.error == ErrorInfo(ErrorClass.RATE_LIMIT, "slow down", "rate_limit_exceeded")


def test_an_error_before_all_else_is_not_told_to_the_client() -> None:
    named = b'event: error\ndata: {"error":{"message":"m","type":"t","code":"tool_use_failed"}}\n\n'
    for data in (ERROR, named, b": comment\n\n" + ERROR):
        out, stream = passed(data + DONE)
        assert (out, stream.begun, stream.ended) == (b"", False, True)
        assert stream.error


@pytest.mark.parametrize("data", [b"", b": comment\n\n"])
def test_a_stream_without_events_is_an_error(data: bytes) -> None:
    out, stream = passed(data)
    assert out == b"" and stream.error and stream.error.code == "truncated_stream"


@pytest.mark.parametrize("data", [HELLO, HELLO + USAGE])
def test_a_stream_that_breaks_off_is_an_error(data: bytes) -> None:
    out, stream = passed(data)
    assert out.startswith(HELLO) and stream.error and stream.error.code == "truncated_stream"
    assert "error" in json.loads(payloads(out)[-1])


@pytest.mark.parametrize("cut", [5, 20, len(STOP) - 5])
def test_a_frame_that_breaks_off_does_not_pass(cut: int) -> None:
    out, stream = passed(HELLO + STOP[:cut])
    assert [json.loads(payload) for payload in payloads(out)][-1].keys() == {"error"}
    assert stream.error


def test_a_last_frame_may_lack_its_blank_line() -> None:
    assert passed(HELLO + STOP + DONE.rstrip())[0] == HELLO + STOP + DONE
    assert passed(HELLO + STOP.rstrip())[0] == HELLO + STOP + DONE


def test_a_stream_that_said_why_it_ended_is_whole() -> None:
    out, stream = passed(HELLO + STOP + USAGE)
    assert out == HELLO + STOP + DONE and stream.error is None


def test_nothing_follows_the_end() -> None:
    stream = PassStream(include_usage=True)
    stream.feed(whole("sse", HELLO + DONE))
    assert stream.feed(whole("sse", HELLO + ERROR)) == stream.end() == b""
    assert stream.fail(ErrorInfo(ErrorClass.TIMEOUT, "late")) == b"" and stream.error is None


def test_the_gateway_may_end_it_with_an_error_of_its_own() -> None:
    stream = PassStream(include_usage=True)
    stream.feed(whole("sse", HELLO))
    out = stream.fail(ErrorInfo(ErrorClass.TIMEOUT, "late"))
    assert json.loads(payloads(out)[0])["error"]["type"] == "timeout_error"
    assert stream.ended and stream.end() == b""


def test_frames_that_are_no_objects_are_errors() -> None:
    out, stream = passed(HELLO + b"data: {broken\n\n" + STOP + DONE)
    assert out.startswith(HELLO) and b"broken\n" not in out and DONE not in out
    assert stream.error and stream.error.code == "malformed_stream"


def test_frames_without_data_are_kept_from_the_client() -> None:
    out, stream = passed(HELLO + b"data:\n\n" + STOP + DONE)
    assert out == HELLO + STOP + DONE
    assert stream.error is None


def test_an_event_may_say_by_its_name_that_it_is_an_error() -> None:
    out, stream = passed(HELLO + b'event: error\ndata: {"message": "out of memory"}\n\n' + DONE)
    assert out.startswith(HELLO) and b"[DONE]" not in out
    assert stream.error == ErrorInfo(ErrorClass.UPSTREAM, "out of memory")


def test_a_broken_frame_that_must_be_read_is_an_error() -> None:
    out, stream = passed(HELLO + b'data: {"error"\n\n' + STOP + DONE)
    assert out.startswith(HELLO) and len(payloads(out)) == 2
    assert stream.error and stream.error.code == "malformed_stream"


@given(cuts)
def test_where_the_bytes_are_cut_does_not_matter(places: list[int]) -> None:
    data = HELLO + b": comment\n\n" + STOP + USAGE + DONE
    expected, stream = passed(data)
    for pieces in (bytewise(data), cut_at(data, places)):
        other = PassStream(include_usage=False)
        assert other.feed(read("sse", pieces)) + other.end() == expected
        assert other.usage == stream.usage


BODY: dict[str, Any] = {
    "model": "alias",
    "messages": [{"role": "user", "content": "ü"}],
    "brand_new": {"a": 1},
}


def test_only_the_model_is_patched() -> None:
    raw = orjson.dumps(BODY)
    assert orjson.loads(patch_body(raw, BODY, "m")) == {**BODY, "model": "m"}
    assert patch_body(raw, BODY, "alias") is raw
    assert BODY["model"] == "alias"


def test_a_stream_asks_for_its_usage() -> None:
    body = {**BODY, "stream": True, "stream_options": {"include_obfuscation": False}}
    assert orjson.loads(patch_body(b"", body, "m"))["stream_options"] == {
        "include_obfuscation": False,
        "include_usage": True,
    }
    assert "stream_options" in orjson.loads(patch_body(b"", {**BODY, "stream": True}, "m"))
    asked = {**BODY, "stream": True, "stream_options": {"include_usage": True}}
    raw = orjson.dumps(asked)
    assert patch_body(raw, asked, "alias") is raw
    assert "stream_options" not in orjson.loads(patch_body(b"", {**BODY, "stream": False}, "m"))
    assert orjson.loads(patch_body(None, BODY, "alias")) == BODY


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}}, 3),
        ({"usage": None}, None),
        ({}, None),
        ([], None),
        ({"usage": "much"}, None),
        ({"usage": {"prompt_tokens": 1, "prompt_tokens_details": 5, "completion_tokens_details": "x"}}, 1),
    ],
)
def test_usage_of_a_whole_answer(data: Any, expected: int | None) -> None:
    found = usage_of(data)
    assert (found and found["total"]) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"choices": []}, None),
        ({"error": None}, None),
        ([], None),
        ({"error": "plain"}, ErrorInfo(ErrorClass.UPSTREAM, "plain")),
        ({"error": {"code": 502}}, ErrorInfo(ErrorClass.UPSTREAM, "the upstream reported an error", "502")),
        ({"error": {"code": 429, "message": "m"}}, ErrorInfo(ErrorClass.RATE_LIMIT, "m", "429")),
        ({"object": "error", "message": "m", "code": 400}, ErrorInfo(ErrorClass.INVALID, "m", "400")),
        (
            {"error": {"message": "m", "type": "insufficient_quota", "param": "p", "code": None}},
            ErrorInfo(ErrorClass.QUOTA, "m", None, "p"),
        ),
    ],
)
def test_errors_of_a_whole_answer(data: Any, expected: ErrorInfo | None) -> None:
    assert error_of(data) == expected


@pytest.mark.skipif(not RECORDED.exists(), reason="no recorded traffic beside the repository")
def test_recorded_streams_pass_byte_for_byte() -> None:
    seen = 0
    for path in sorted((RECORDED / "openai").glob("openai-chat.stream.*.json")):
        data = json.loads(path.read_text(encoding="utf-8"))["response"]["body_text"].encode()
        frames: list[Frame] = whole("sse", data)
        for include_usage in (True, False):
            stream = PassStream(include_usage=include_usage)
            out = stream.feed(frames) + stream.end()
            kept = [f.raw for f in frames if include_usage or '"choices":[],"usage":{' not in f.data]
            assert out == b"".join(kept), path.name
            assert stream.error is None
            assert (stream.usage is not None) == ('"usage":{' in data.decode()), path.name
        seen += 1
    assert seen > 10


@pytest.mark.parametrize(
    "raw",
    [
        b'{"model":"other","model":"alias","messages":[]}',
        b'{"mod\\u0065l":"other","model":"alias","messages":[]}',
    ],
)
def test_a_body_that_names_two_models_goes_out_with_the_one_that_was_looked_at(raw: bytes) -> None:
    body = orjson.loads(raw)
    assert body["model"] == "alias"
    sent = json.loads(patch_body(raw, body, "alias"), object_pairs_hook=list)
    assert [value for name, value in sent if name == "model"] == ["alias"]


@pytest.mark.parametrize(
    ("data", "nothing"),
    [
        ({"choices": []}, True),
        ({"choices": [{"delta": {"role": "assistant"}}]}, True),
        (
            {"choices": [{"delta": {"role": "assistant", "content": "", "refusal": None, "tool_calls": []}}]},
            True,
        ),
        ({"choices": [{"delta": {"content": "a"}}]}, False),
        ({"choices": [{"delta": {}}, {"delta": {"tool_calls": [{"index": 0}]}}]}, False),
        ({"choices": [{"delta": {}, "finish_reason": "stop"}]}, False),
        ({"choices": [], "usage": {"total_tokens": 1}}, False),
        ({"choices": [], "error": {"message": "no"}}, False),
        ({"choices": [{"message": {"content": "a"}}]}, False),
        ({"choices": "odd"}, False),
        ({"choices": ["odd"]}, False),
        ([], False),
    ],
)
def test_what_says_nothing_yet(data: Any, nothing: bool) -> None:
    assert PassStream(include_usage=True).says_nothing(data) is nothing
