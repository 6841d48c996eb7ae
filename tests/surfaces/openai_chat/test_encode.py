from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ErrorClass, ErrorInfo
from engine.events import Event
from engine.surfaces.fold import Fold
from engine.surfaces.openai_chat.encode import StreamEncoder
from tests.surfaces.events import DONE, call, counting, finish, meta, orderly, reasoning, start, text, usage
from tests.surfaces.openai_chat.reading import chunks, deltas, payloads


def encode(*events: Event, include_usage: bool = False, batch: bool = False) -> bytes:
    encoder = StreamEncoder(meta(), include_usage=include_usage)
    told = orderly(events)
    return encoder.encode(told) if batch else b"".join(encoder.encode([event]) for event in told)


ENVELOPE = {"id": "up-1", "object": "chat.completion.chunk", "created": 1700000000, "model": "m-1"}


def test_a_stream_to_the_byte() -> None:
    stream = encode(start(), text("Hel"), text('lo\n"ü"'), finish("stop"), usage(prompt=1, output=2), DONE)
    head = (
        b'data: {"id":"up-1","object":"chat.completion.chunk","created":1700000000,"model":"m-1","choices":['
    )
    assert stream == b"".join(
        (
            head,
            b'{"index":0,"delta":{"role":"assistant","content":"Hel"},"finish_reason":null}]}\n\n',
            head,
            '{"index":0,"delta":{"content":"lo\\n\\"ü\\""},"finish_reason":null}]}\n\n'.encode(),
            head,
            b'{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n',
            b"data: [DONE]\n\n",
        )
    )


def test_the_usage_chunk_is_for_those_who_ask() -> None:
    events = [
        start(),
        text("a"),
        text("b"),
        finish("stop"),
        usage(prompt=5, cache_read=2, output=3, reasoning=1),
        DONE,
    ]
    found = chunks(encode(*events, include_usage=True))
    assert [chunk["usage"] for chunk in found[:-1]] == [None] * 3
    assert found[-1] == {
        **ENVELOPE,
        "choices": [],
        "usage": {
            "prompt_tokens": 5,
            "completion_tokens": 3,
            "total_tokens": 8,
            "prompt_tokens_details": {"cached_tokens": 2},
            "completion_tokens_details": {"reasoning_tokens": 1},
        },
    }
    assert all("usage" not in chunk for chunk in chunks(encode(*events)))


def test_usage_that_nobody_knows_is_not_made_up() -> None:
    stream = encode(start(), text("a"), finish("stop"), DONE, include_usage=True)
    assert payloads(stream)[-1] == "[DONE]" and len(chunks(stream)) == 2


def test_the_envelope_tells_who_answered() -> None:
    known = Event("start", {"id": "x", "created": 5, "fingerprint": "fp", "service_tier": "default"})
    (first, *rest) = chunks(encode(known, text("a"), finish("stop"), DONE))
    told = {"id": "x", "created": 5, "model": "alias", "system_fingerprint": "fp", "service_tier": "default"}
    for chunk in (first, *rest):
        assert told.items() <= chunk.items()
    assert chunks(encode(text("a"), DONE))[0]["id"] == "chatcmpl-1"


def test_thinking_text_and_two_calls() -> None:
    stream = encode(
        start(),
        reasoning("Hmm"),
        reasoning(signature="EqQB"),
        text("Let me"),
        text(" look."),
        call(key=2, id="toolu_1", name="get_weather"),
        call(key=2, arguments=""),
        call(key=2, arguments='{"city":'),
        call(key=2, arguments=' "Paris"}'),
        call(key=3, id="toolu_2", name="noargs"),
        finish("tool_calls"),
        DONE,
    )
    signed = {"type": "reasoning.text", "index": 0, "text": "Hmm", "signature": "EqQB"}
    first = {
        "index": 0,
        "id": "toolu_1",
        "type": "function",
        "function": {"name": "get_weather", "arguments": ""},
    }
    second = {
        "index": 1,
        "id": "toolu_2",
        "type": "function",
        "function": {"name": "noargs", "arguments": ""},
    }
    assert deltas(stream) == [
        {"role": "assistant", "reasoning_content": "Hmm"},
        {"reasoning_details": [signed]},
        {"content": "Let me"},
        {"content": " look."},
        {"tool_calls": [first]},
        {"tool_calls": [{"index": 0, "function": {"arguments": '{"city":'}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": ' "Paris"}'}}]},
        {"tool_calls": [second]},
        {"tool_calls": [{"index": 1, "function": {"arguments": "{}"}}]},
        {},
    ]
    assert chunks(stream)[-1]["choices"][0]["finish_reason"] == "tool_calls"


def test_whole_calls_are_one_delta_each() -> None:
    (one, two, _) = deltas(
        encode(call(name="f", arguments={"x": 1}), call(name="f", arguments={"x": 1}), DONE)
    )
    assert one == {
        "role": "assistant",
        "tool_calls": [{"index": 0, "id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"x":1}'}}],
    }  # fmt: skip
    assert two["tool_calls"][0]["index"] == 1


def test_the_role_and_the_finish_are_each_choices_own() -> None:
    found = chunks(
        encode(
            start(), text("a", 0), text("b", 1), text("c", 0), finish("stop", 0), finish("length", 1), DONE
        )
    )
    assert [(c["choices"][0]["index"], c["choices"][0]["delta"], c["choices"][0]["finish_reason"]) for c in found] == [
        (0, {"role": "assistant", "content": "a"}, None),
        (1, {"role": "assistant", "content": "b"}, None),
        (0, {"content": "c"}, None),
        (0, {}, "stop"),
        (1, {}, "length"),
    ]  # fmt: skip


def test_a_start_alone_writes_nothing() -> None:
    encoder = StreamEncoder(meta())
    assert encoder.encode([start()]) == b""
    assert encoder.encode([]) == b""


def test_an_empty_answer_has_a_role_too() -> None:
    assert deltas(encode(start(), finish("content_filter"), DONE)) == [{"role": "assistant"}]


def test_an_error_is_the_last_that_is_told() -> None:
    error = Event("error", {"message": "slow down", "class": "rate_limit", "code": "x", "retry_after": 3})
    stream = encode(start(), text("a"), error, text("b"), DONE)
    assert chunks(stream)[1:] == [
        {"error": {"message": "slow down", "type": "rate_limit_error", "param": None, "code": "x"}}
    ]
    assert b"[DONE]" not in stream


def test_an_error_of_the_engine_keeps_its_type() -> None:
    fold, encoder = Fold(counting()), StreamEncoder(meta())
    told = fold.fail(
        ErrorInfo(ErrorClass.UPSTREAM, "mapping failed", "mapping_failed", type_override="server_error")
    )
    assert chunks(encoder.encode(told))[0]["error"]["type"] == "server_error"


def test_the_rest() -> None:
    token = {"token": "a", "logprob": -0.5, "bytes": [97], "top_logprobs": []}
    note = {
        "type": "url_citation",
        "url_citation": {"url": "u", "title": "t", "start_index": 1, "end_index": 2},
    }
    stream = encode(
        Event("refusal", {"text": "no"}),
        Event("citation", note),
        Event("citation", {"url": "v", "title": None, "text": "quoted"}),
        Event("audio", {"id": "a", "data": "QQ=="}),
        Event("image", {"data": "QQ=="}),
        Event("image", {"url": "https://x.test/a.png"}),
        Event("logprobs", {"content": [token]}),
        DONE,
    )
    other = {"url": "v", "title": "", "start_index": 0, "end_index": 0}
    assert deltas(stream) == [
        {"role": "assistant", "refusal": "no"},
        {"annotations": [{"index": 0, **note}]},
        {"annotations": [{"index": 1, "text": "quoted", "type": "url_citation", "url_citation": other}]},
        {"audio": {"id": "a", "data": "QQ=="}},
        {"images": [{"type": "image_url", "index": 0, "image_url": {"url": "data:image/png;base64,QQ=="}}]},
        {"images": [{"type": "image_url", "index": 1, "image_url": {"url": "https://x.test/a.png"}}]},
        {},
        {},
    ]
    assert chunks(stream)[6]["choices"][0]["logprobs"] == {"content": [token], "refusal": None}


def test_log_probabilities_go_with_their_text() -> None:
    token = {"token": "a", "logprob": -0.5, "bytes": None, "top_logprobs": []}
    events = [text("x"), text("a"), Event("logprobs", {"content": [token]}), text("b"), finish("stop"), DONE]
    found = chunks(encode(*events, batch=True))
    assert [(c["choices"][0]["delta"].get("content"), "logprobs" in c["choices"][0]) for c in found] == [
        ("x", False), ("a", True), ("b", False), (None, False),
    ]  # fmt: skip


def test_reasoning_that_must_come_back() -> None:
    stream = encode(
        reasoning("a"),
        reasoning("b"),
        reasoning(signature="s1"),
        reasoning(extra={"sealed": "x"}),
        reasoning("c", extra={"vendor": {"sign": 1}}),
        DONE,
    )
    assert [delta["reasoning_details"][0] for delta in deltas(stream) if "reasoning_details" in delta] == [
        {"type": "reasoning.text", "index": 0, "text": "ab", "signature": "s1"},
        {"type": "reasoning.encrypted", "index": 1, "extra_content": {"sealed": "x"}},
        {"type": "reasoning.text", "index": 2, "text": "c", "extra_content": {"vendor": {"sign": 1}}},
    ]


def test_what_a_platform_signed_stays_with_its_call() -> None:
    signed = {"vendor": {"signature": "s"}}
    (delta, _) = deltas(encode(call(name="f", arguments="{}", extra=signed), DONE))
    assert delta["tool_calls"][0]["extra_content"] == signed


def test_extra_travels_with_the_next_chunk() -> None:
    stream = encode(
        start(),
        Event("extra", {"conversation_id": "c"}),
        Event("extra", {"chat_id": 1}),
        text("a"),
        text("b"),
        Event("citation", {"document": 5}),
        Event("extra", {"tool": 1}),
        Event("extra", {"tool": 2}),
        finish("stop"),
        DONE,
    )
    assert [chunk.get("x_proxyctl") for chunk in chunks(stream)] == [
        {"conversation_id": "c", "chat_id": 1},
        None,
        {"citations": [{"document": 5}], "tool": [1, 2]},
    ]
    assert all(chunk["choices"] for chunk in chunks(stream))


def test_extra_comes_with_an_error_too() -> None:
    stream = encode(Event("extra", {"conversation_id": "c"}), Event("error", {"message": "m"}))
    assert chunks(stream)[0]["x_proxyctl"] == {"conversation_id": "c"}


def test_a_citation_that_cannot_be_told_leaves_the_role_to_the_next() -> None:
    assert deltas(encode(Event("citation", {"document": 5}), text("a"), DONE))[0] == {
        "role": "assistant", "content": "a",
    }  # fmt: skip


@pytest.mark.parametrize("include_usage", [False, True])
@given(st.lists(st.sampled_from("tTrcefl"), max_size=12))
def test_events_in_a_batch_say_what_they_say_one_by_one(include_usage: bool, kinds: list[str]) -> None:
    made: dict[str, Any] = {
        "t": text("a"), "T": text("b", 1), "r": reasoning("r", signature="s"), "c": call(name="f"),
        "e": Event("extra", {"a": 1}), "f": Event("refusal", {"text": "no"}), "l": Event("citation", {"url": "u"}),
    }  # fmt: skip
    events = [start(), *(made[kind] for kind in kinds), usage(prompt=1), DONE]
    assert encode(*events, include_usage=include_usage) == encode(
        *events, include_usage=include_usage, batch=True
    )
