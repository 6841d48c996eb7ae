from __future__ import annotations

import base64
import json
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.wire.framing import FramingError
from engine.wire.framings.eventstream import Messages, headers_of, message_of
from tests.wire.cuts import assert_same_at_any_cut, bytewise, cut_at, cuts, read, whole

FRAMING = "aws-eventstream"
RECORDED = Path(__file__).parents[4] / "shared" / "wire" / "recorded"
PRELUDE = 12


def text(name: str, value: str) -> bytes:
    return bytes([len(name)]) + name.encode() + b"\x07" + struct.pack(">H", len(value)) + value.encode()


def sealed(headers: bytes, payload: bytes, total: int | None = None) -> bytes:
    """A message with right checksums; `total` is the length that it claims."""
    length = PRELUDE + len(headers) + len(payload) + 4 if total is None else total
    lengths = struct.pack(">II", length, len(headers))
    body = lengths + struct.pack(">I", zlib.crc32(lengths)) + headers + payload
    return body + struct.pack(">I", zlib.crc32(body))


def event(name: str, data: Any) -> bytes:
    headers = text(":event-type", name) + text(":content-type", "application/json")
    return sealed(headers + text(":message-type", "event"), json.dumps(data).encode())


def exception(name: str, data: Any) -> bytes:
    return sealed(
        text(":message-type", "exception") + text(":exception-type", name), json.dumps(data).encode()
    )


def test_events_and_exceptions() -> None:
    first, last = event("start", {"a": "ü漢🎈"}), exception("throttlingException", {"message": "slow"})
    frames = assert_same_at_any_cut(FRAMING, first + last)
    assert [(frame.event, json.loads(frame.data)) for frame in frames] == [
        ("start", {"a": "ü漢🎈"}),
        ("throttlingException", {"message": "slow"}),
    ]
    assert [frame.raw for frame in frames] == [first, last]


def test_an_error_without_a_payload_has_its_code_and_message() -> None:
    headers = (
        text(":message-type", "error") + text(":error-code", "InternalError") + text(":error-message", "oh")
    )
    (frame,) = whole(FRAMING, sealed(headers, b""))
    assert (frame.event, json.loads(frame.data)) == ("error", {"code": "InternalError", "message": "oh"})


def test_an_event_without_name_or_payload() -> None:
    frames = whole(FRAMING, sealed(b"", b"") + sealed(text(":event-type", "initial-response"), b""))
    assert [(frame.event, frame.data) for frame in frames] == [(None, "{}"), ("initial-response", "{}")]


def test_headers_of_all_types() -> None:
    data = (
        b"\x01a\x00\x01b\x01\x01c\x02\xff\x01d\x03\xff\xfe\x01e\x04\x00\x00\x01\x00"
        + b"\x01f\x05" + struct.pack(">q", -5) + b"\x01g\x06\x00\x02\x00\xff\x01h\x07\x00\x02hi"
        + b"\x01i\x08" + struct.pack(">q", 1_700_000_000_000) + b"\x01j\x09" + bytes(range(16))
    )  # fmt: skip
    assert headers_of(data) == {
        "a": True, "b": False, "c": -1, "d": -2, "e": 256, "f": -5, "g": b"\x00\xff", "h": "hi",
        "i": 1_700_000_000_000, "j": bytes(range(16)).hex(),
    }  # fmt: skip
    for end in range(1, len(data)):
        try:
            assert headers_of(data[:end]).items() < headers_of(data).items()
        except FramingError as error:
            assert "cut short" in str(error)
    with pytest.raises(FramingError, match="unknown type 10"):
        headers_of(b"\x01a\x0a")


def test_every_changed_bit_is_found() -> None:
    good = event("messageStop", {"stopReason": "end_turn"})
    for place in range(len(good)):
        bad = bytearray(good)
        bad[place] ^= 0x10
        with pytest.raises(FramingError, match="checksum"):
            whole(FRAMING, bytes(bad))


@pytest.mark.parametrize("end", [1, 11, 12, 40, -1])
def test_a_stream_that_is_cut_short(end: int) -> None:
    data = event("start", {}) + event("stop", {})[:end]
    for pieces in ([data], bytewise(data)):
        with pytest.raises(FramingError, match="ended in the middle") as caught:
            read(FRAMING, pieces)
        assert caught.value.info.code == "truncated_stream"


def test_lengths_that_cannot_be() -> None:
    for message in (sealed(b"", b"", total=0), sealed(text("a", "b"), b"", total=16)):
        with pytest.raises(FramingError, match="cannot have"):
            whole(FRAMING, message)


def test_what_is_written_is_read() -> None:
    told = [("start", '{"a":1}'), ("throttlingException", '{"message":"slow"}'), (None, "{}")]
    frames = whole(FRAMING, b"".join(message_of(name, data) for name, data in told))
    assert [(frame.event, frame.data) for frame in frames] == told


def test_what_is_no_utf8() -> None:
    with pytest.raises(FramingError, match="not UTF-8"):
        whole(FRAMING, sealed(text(":event-type", "a"), b'{"a":"\xff"}'))


def test_the_limit_counts_one_message_and_holds_before_it_is_there() -> None:
    message = event("delta", {"text": "x" * 500})
    assert len(whole(FRAMING, message * 10, limit=len(message))) == 10
    with pytest.raises(FramingError, match="event too large"):
        Messages(len(message) - 1).feed(message[:PRELUDE])


def test_a_message_is_there_with_its_last_byte() -> None:
    stream = Messages(1000)
    message = event("a", {})
    assert stream.feed(message[:-1]) == []
    assert [frame.event for frame in stream.feed(message[-1:] + message[:3])] == ["a"]
    assert [frame.event for frame in stream.feed(message[3:])] == ["a"]
    assert stream.close() == []


@given(st.lists(st.dictionaries(st.text(), st.text())), cuts)
def test_any_payloads_at_any_cut(payloads: list[object], places: list[int]) -> None:
    data = b"".join(event("e", payload) for payload in payloads)
    for pieces in ([data], bytewise(data), cut_at(data, places)):
        assert [json.loads(frame.data) for frame in read(FRAMING, pieces)] == payloads


@pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded exchanges are not beside the repository")
def test_recorded_streams() -> None:
    found = 0
    for path in sorted(RECORDED.glob("*/*.stream.*.json")):
        response = json.loads(path.read_text(encoding="utf-8"))["response"]
        if response["encoding"] == "eventstream":
            data = base64.b64decode(response["body_base64"])
            frames = whole(FRAMING, data)
            assert b"".join(frame.raw for frame in frames) == data
            assert all(frame.event and isinstance(json.loads(frame.data), dict) for frame in frames)
            found += 1
    assert found
