from __future__ import annotations

import json
from typing import Any

import pytest

from engine.bench.formats import formats
from engine.bench.order import Order
from engine.bench.verify import fault_of, tells_end

ORDER = Order(events=4, size=9)
WHOLE = formats()["same"].answer(ORDER)
PARTS = formats()["same"].stream(ORDER)
STREAM = PARTS.begin + b"".join(PARTS.events) * 2 + PARTS.end


def fault(body: bytes, *, status: int = 200, stream: bool = False) -> str | None:
    return fault_of(status, body, ORDER.events, stream=stream, thorough=True)


def test_right_answers_have_no_fault() -> None:
    assert fault(WHOLE) is None
    assert fault(STREAM, stream=True) is None


def changed(path: str, value: Any) -> bytes:
    answer = json.loads(WHOLE)
    *way, last = path.split(".")
    inside: Any = answer
    for step in way:
        inside = inside[int(step) if step.isdigit() else step]
    inside[last] = value
    return json.dumps(answer).encode()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (WHOLE.replace(b"pong", b"ping", 1), "3 of 4 events"),
        (WHOLE[:-20], "not a chat completion"),
        (changed("choices.0.finish_reason", None), "finish_reason"),
        (changed("choices.0.message.content", "x" + ORDER.text), "a wrong text"),
        (changed("usage", {}), "usage"),
    ],
)
def test_a_wrong_whole_answer(body: bytes, words: str) -> None:
    assert words in (fault(body) or "")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (STREAM.replace(PARTS.events[0], b"", 1), "3 of 4 events"),
        (STREAM.replace(b"data: [DONE]\n\n", b""), "has no end"),
        (STREAM.replace(b'{"id"', b'{"id', 1), "not a chunk"),
        (STREAM.replace(b'"stop"', b"null"), "finish_reason"),
        (STREAM.replace(b'"completion_tokens":21', b'"completion_tokens":2'), "usage"),
    ],
)
def test_a_wrong_stream(body: bytes, words: str) -> None:
    assert words in (fault(body, stream=True) or "")


def test_an_error_is_told_with_its_status() -> None:
    assert "status 500: boom" in (fault(b"boom", status=500) or "")


def test_a_cut_stream_must_have_begun_and_must_not_look_complete() -> None:
    begun = PARTS.begin + PARTS.events[0]
    assert tells_end(200, begun, whole=False) is None
    assert tells_end(200, begun + b'data: {"error": {}}\n\n', whole=True) is None
    assert "looks complete" in (tells_end(200, begun + PARTS.end, whole=True) or "")
    assert "no event" in (tells_end(500, b'{"error": {}}', whole=True) or "")
