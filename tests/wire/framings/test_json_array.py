from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.wire.framing import FramingError
from engine.wire.framings.json_array import ArrayStream
from tests.wire.cuts import assert_same_at_any_cut, bytewise, cut_at, cuts, read, whole
from tests.wire.framings.test_ndjson import values


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b'[{"a":1}\n,\r\n{"a":2}\n]\n', ['{"a":1}', '{"a":2}']),
        (b'[{"a":"}]{["}]', ['{"a":"}]{["}']),
        (rb'[{"a":"\"}\\"},{"b":"\\\\"}]', [r'{"a":"\"}\\"}', r'{"b":"\\\\"}']),
        (b'[{"a":[[{}],{"b":[]}]}]', ['{"a":[[{}],{"b":[]}]}']),
        ('[{"a":"ü漢🎈"}]'.encode(), ['{"a":"ü漢🎈"}']),
        ('\ufeff [{"a":1}]'.encode(), ['{"a":1}']),
        (b"[]", []),
        (b' {"error": {"code": 1}} \n', ['{"error": {"code": 1}}']),
    ],
)
def test_objects(data: bytes, expected: list[str]) -> None:
    frames = assert_same_at_any_cut("json-array", data)
    assert [frame.data for frame in frames] == expected
    assert [frame.raw for frame in frames] == [text.encode() for text in expected]


def test_an_object_is_there_with_its_last_brace() -> None:
    stream = ArrayStream(100)
    assert stream.feed(b'[{"a":') == []
    assert [frame.data for frame in stream.feed(b'{}},\n{"b')] == ['{"a":{}}']
    assert [frame.data for frame in stream.feed(b'":1}')] == ['{"b":1}']
    assert stream.feed(b"]") == []
    assert stream.close() == []


@pytest.mark.parametrize("data", [b"", b" ", b"[", b'[{"a":1}', b'[{"a":1},', b'[{"a', b'{"a":1', b"\xef"])
def test_a_stream_that_is_cut_short(data: bytes) -> None:
    for pieces in ([data], bytewise(data)):
        with pytest.raises(FramingError, match="ended in the middle") as caught:
            read("json-array", pieces)
        assert caught.value.info.code == "truncated_stream"


@pytest.mark.parametrize(
    "data",
    [b'[{"a":1}{"b":2}]', b"[,]", b"[1]", b'["a"]', b'[{"a":1},]', b'{"a":1}{"b":2}', b"[]]", b"<html>"],
)
def test_what_is_no_array_of_objects(data: bytes) -> None:
    for pieces in ([data], bytewise(data)):
        with pytest.raises(FramingError, match=r"unexpected b'.' between the objects"):
            read("json-array", pieces)


def test_bytes_that_are_not_utf8() -> None:
    with pytest.raises(FramingError, match="not UTF-8"):
        whole("json-array", b'[{"a":"\xff"}]')


def test_the_limit_counts_one_object() -> None:
    item = b'{"a": "' + b"x" * 50 + b'"}'
    data = b"[" + b",".join([item] * 10) + b"]"
    assert len(whole("json-array", data, limit=len(item))) == 10
    for pieces in ([data], bytewise(data), [data[: len(item)]]):
        with pytest.raises(FramingError, match="event too large"):
            read("json-array", pieces, limit=len(item) - 2)


def test_a_large_object_in_small_pieces_takes_linear_time() -> None:
    def seconds(size: int) -> float:
        pieces = [b'[{"a":"'] + [b"\\nxx{xx" * 10] * (size // 70) + [b'"}]']
        begin = time.process_time()
        assert len(read("json-array", pieces, limit=1 << 26)) == 1
        return time.process_time() - begin

    seconds(1 << 16)
    small, large = (min(seconds(size) for _ in range(3)) for size in (1 << 18, 1 << 21))
    assert large < 8 * small * 4  # eight times the bytes; quadratic would be sixty-four times the time


@given(st.lists(st.dictionaries(st.text(), values)), st.sampled_from([",", "\n,\r\n", " ,"]), cuts)
def test_any_objects_at_any_cut(objects: list[object], comma: str, places: list[int]) -> None:
    data = f"[{comma.join(json.dumps(item, ensure_ascii=False) for item in objects)}]".encode()
    for pieces in ([data], bytewise(data), cut_at(data, places)):
        assert [json.loads(frame.data) for frame in read("json-array", pieces)] == objects
