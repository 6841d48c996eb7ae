from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.events import Frame
from engine.wire.framing import FramingError
from engine.wire.framings.ndjson import Lines
from tests.wire.cuts import assert_same_at_any_cut, bytewise, cut_at, cuts, read, whole

RECORDED = Path(__file__).parents[4] / "shared" / "wire" / "recorded"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b'{"a":1}\n{"a":2}\n', ['{"a":1}', '{"a":2}']),
        (b'{"a":1}\r\n\r\n\n  \n{"a":2}', ['{"a":1}', '{"a":2}']),
        ('\ufeff{"a":"ü漢🎈"}\n'.encode(), ['{"a":"ü漢🎈"}']),
        ('{"a":"\u2028"}\n'.encode(), ['{"a":"\u2028"}']),
        (b"\n", []),
        (b"", []),
    ],
)
def test_lines(data: bytes, expected: list[str]) -> None:
    assert [frame.data for frame in assert_same_at_any_cut("ndjson", data)] == expected


def test_raw_is_the_line_with_its_end() -> None:
    frames = assert_same_at_any_cut("ndjson", b'{"a":1}\r\n\n{"a":2}')
    assert frames == [Frame(None, '{"a":1}', b'{"a":1}\r\n'), Frame(None, '{"a":2}', b'{"a":2}')]


def test_a_line_is_there_with_its_line_feed() -> None:
    stream = Lines(100)
    assert stream.feed(b'{"a":1}') == []
    assert [frame.data for frame in stream.feed(b'\n{"b"')] == ['{"a":1}']


def test_bytes_that_are_not_utf8() -> None:
    with pytest.raises(FramingError, match="not UTF-8"):
        whole("ndjson", b'{"a":"\xff"}\n')
    with pytest.raises(FramingError, match="not UTF-8"):
        whole("ndjson", b'{"a":"\xe6\xbc')


def test_the_limit_counts_one_line() -> None:
    line = b'{"a": "' + b"x" * 50 + b'"}\n'
    assert len(whole("ndjson", line * 10, limit=len(line))) == 10
    for pieces in ([line], bytewise(line), [line[:-1]]):
        with pytest.raises(FramingError, match="event too large"):
            read("ndjson", pieces, limit=len(line) - 2)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.lists(st.dictionaries(st.text(), values)), st.booleans(), cuts)
def test_any_objects_at_any_cut(objects: list[object], crlf: bool, places: list[int]) -> None:
    end = "\r\n" if crlf else "\n"
    data = end.join(json.dumps(item, ensure_ascii=False) for item in objects).encode()
    for pieces in ([data], bytewise(data), cut_at(data, places)):
        assert [json.loads(frame.data) for frame in read("ndjson", pieces)] == objects


@pytest.mark.skipif(not RECORDED.exists(), reason="no recorded traffic beside the repository")
def test_recorded_streams() -> None:
    seen = 0
    for path in sorted(RECORDED.glob("*/*.stream.*.json")):
        record = json.loads(path.read_text(encoding="utf-8"))
        if record["response"].get("encoding") != "ndjson":
            continue
        data = record["response"]["body_text"].encode()
        frames = read("ndjson", cut_at(data, range(5, len(data), 13)))
        assert frames == whole("ndjson", data)
        assert [json.loads(f.data) for f in frames] == [json.loads(x) for x in data.splitlines() if x.strip()]
        seen += 1
    assert seen > 3
