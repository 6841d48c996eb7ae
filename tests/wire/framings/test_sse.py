from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.events import Frame
from engine.wire.framing import FramingError
from engine.wire.framings.sse import EventStream
from tests.wire.cuts import assert_same_at_any_cut, bytewise, cut_at, cuts, read, whole

RECORDED = Path(__file__).parents[4] / "shared" / "wire" / "recorded"


def payloads(data: bytes) -> list[tuple[str | None, str]]:
    return [(frame.event, frame.data) for frame in assert_same_at_any_cut("sse", data)]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"data: a\n\ndata: b\n\n", [(None, "a"), (None, "b")]),
        (b"data: a\r\n\r\ndata: b\r\n\r\n", [(None, "a"), (None, "b")]),
        (b"data:no space\n\n", [(None, "no space")]),
        (b"data:  two spaces\n\n", [(None, " two spaces")]),
        (b"data: a\ndata: b\ndata\ndata:\n\n", [(None, "a\nb\n\n")]),
        (b"data\n\n", [(None, "")]),
        (b"data:\n\n", [(None, "")]),
        (b"event: ping\n\ndata: x\n\n", [(None, "x")]),
        (b"event: a\nevent: b\ndata: x\n\n", [("b", "x")]),
        (b"event:\ndata: x\n\n", [(None, "x")]),
        (b"data: x\nevent: late\n\n", [("late", "x")]),
        (b": comment\n\n:\ndata: x\n: comment\n\n", [(None, "x")]),
        (b"retry: 100\n\nunknown: field\ndata: x\n\n", [(None, "x")]),
        (b"\n\n\ndata: x\n\n\n\n", [(None, "x")]),
        (b"\r\n\r\n\r\ndata: x\r\n\r\n\r\n", [(None, "x")]),
        (b"data: a\n\r\ndata: b\r\n\ndata: c\n\r", [(None, "a"), (None, "b"), (None, "c")]),
        (b"\xef\xbb\xbfdata: x\n\n", [(None, "x")]),
        (b"data: 1\n\n\xef\xbb\xbfdata: not a field\n\n", [(None, "1")]),
        ("data: übergrößé 漢字 🎈\n\n".encode(), [(None, "übergrößé 漢字 🎈")]),
        (b"data: bad \xff\xf0\x9f utf-8\n\n", [(None, "bad \ufffd\ufffd utf-8")]),
        ("data: a\u2028b\x0bc\x85d\n\n".encode(), [(None, "a\u2028b\x0bc\x85d")]),
        (b"data: x\ndata : y\n Data: z\n\n", [(None, "x")]),
        (b"data: a: b\n\n", [(None, "a: b")]),
        (b"data: last", [(None, "last")]),
        (b"data: last\n", [(None, "last")]),
        (b"data: a\r\n\r\ndata: last\r\n", [(None, "a"), (None, "last")]),
        (b"event: e\ndata: last", [("e", "last")]),
        (b": only a comment", []),
        (b"", []),
    ],
)
def test_the_specification(data: bytes, expected: list[tuple[str | None, str]]) -> None:
    assert payloads(data) == expected


def test_bare_carriage_returns() -> None:
    data = b"data: a\r\rdata: b\rdata: c\r\r"
    expected = [(None, "a"), (None, "b\nc")]
    assert [(f.event, f.data) for f in whole("sse", data)] == expected
    assert [(f.event, f.data) for f in read("sse", bytewise(data))] == expected


def test_a_stream_of_bare_carriage_returns_does_not_wait() -> None:
    stream = EventStream(100)
    assert [frame.data for frame in stream.feed(b"data: a\r\r")] == ["a"]
    assert [frame.data for frame in stream.feed(b"\ndata: b\r\r")] == ["b"]


def test_a_frame_is_there_as_soon_as_its_blank_line_is() -> None:
    stream = EventStream(100)
    assert stream.feed(b"data: a\n") == []
    assert [frame.data for frame in stream.feed(b"\n")] == ["a"]
    assert stream.feed(b"data: b\r\n\r") == []
    assert [frame.data for frame in stream.feed(b"\n")] == ["b"]


def test_ids_last_until_the_next_one() -> None:
    frames = assert_same_at_any_cut(
        "sse", b"id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\nid: x\0y\ndata: d\n\n"
    )
    assert [frame.id for frame in frames] == ["1", "1", None, None]


def test_raw_is_what_came() -> None:
    first, second = b"event: a\ndata: 1\n: x\n\n", b"data: 2\r\n\r\n"
    frames = assert_same_at_any_cut("sse", first + b": comment\n\n" + second)
    assert [frame.raw for frame in frames] == [first, second]


def test_the_limit_counts_one_event() -> None:
    event = b"data: " + b"x" * 50 + b"\n\n"
    assert len(whole("sse", event * 10, limit=len(event))) == 10
    for pieces in ([event], bytewise(event), [event[:57]]):
        with pytest.raises(FramingError, match="event too large"):
            read("sse", pieces, limit=len(event) - 2)


def test_comments_do_not_count_towards_the_limit() -> None:
    assert [f.data for f in read("sse", [b": keep-alive\n\n"] * 1000 + [b"data: x\n\n"], limit=20)] == ["x"]


def test_a_large_event_in_small_pieces_takes_linear_time() -> None:
    def seconds(size: int) -> float:
        pieces = [b"data: "] + [b"x" * 64] * (size // 64) + [b"\n\n"]
        begin = time.process_time()
        (frame,) = read("sse", pieces, limit=1 << 26)
        assert len(frame.data) == size
        return time.process_time() - begin

    seconds(1 << 16)
    small, large = (min(seconds(size) for _ in range(3)) for size in (1 << 18, 1 << 21))
    assert large < 8 * small * 4  # eight times the bytes; quadratic would be sixty-four times the time


def test_whole_events_are_cut_off_as_they_came() -> None:
    stream = EventStream(100)
    assert stream.cut(b"data: a\n\nda") == b"data: a\n\n"
    assert stream.cut(b"ta: b") == b""
    assert stream.cut(b"\n\n: c\r\n\r\ndata: d\r\r") == b"data: b\n\n: c\r\n\r\ndata: d\r\r"
    assert [frame.data for frame in stream.parse(b"data: a\n\ndata: b\n\n: c\n\n")] == ["a", "b"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@given(places=cuts)
def test_what_is_cut_is_all_that_came(end: str, places: list[int]) -> None:
    data = f"data: 1{end}{end}{end}: x{end}event: e{end}data: 2{end}data: 3{end}{end}data: 4".encode()
    stream = EventStream(100)
    pieces = [stream.cut(piece) for piece in cut_at(data, places)]
    assert [frame.data for piece in pieces for frame in stream.parse(piece)] == ["1", "2\n3"]
    assert data.startswith(b"".join(pieces))
    assert [frame.data for frame in stream.close()] == ["4"]


def test_each_event_may_be_as_large_as_the_limit() -> None:
    event = b"data: " + b"x" * 50 + b"\n\n"
    assert EventStream(len(event)).cut(event * 9) == event * 9
    for data in (event * 9, event + b"\r\n" + event):
        with pytest.raises(FramingError, match="event too large"):
            EventStream(len(event) - 2).cut(data)


def as_lines(fields: list[tuple[str, str]], end: str) -> str:
    return "".join(f"{name}:{value}{end}" for name, value in fields) + end


@given(
    st.lists(st.lists(st.sampled_from(["data", "event", "id", "retry", "", "x"]), max_size=5), max_size=6),
    st.lists(st.sampled_from(["", " ", "a", " ü", "漢🎈", ' {"k": 1}', ":"]), min_size=30, max_size=30),
    st.lists(st.sampled_from(["\n", "\r\n", "\r"]), min_size=6, max_size=6),
    st.booleans(),
    cuts,
)
def test_any_stream_at_any_cut(
    names: list[list[str]], values: list[str], ends: list[str], open_end: bool, places: list[int]
) -> None:
    given_values = iter(values)
    blocks = [[(name, next(given_values)) for name in block] for block in names]
    data = "".join(as_lines(block, end) for block, end in zip(blocks, ends, strict=False)).encode()
    data = data.rstrip(b"\r\n") if open_end else data
    expected = by_the_letter(data.decode())
    for pieces in ([data], bytewise(data), cut_at(data, places)):
        frames = read("sse", pieces)
        assert [(frame.event, frame.data, frame.id) for frame in frames] == expected


def by_the_letter(text: str) -> list[tuple[str | None, str, str | None]]:
    """The specification line by line, with an end of stream that dispatches."""
    events = []
    data: list[str] = []
    event, last_id = "", ""
    for line in [*re.split("\r\n|\r|\n", text), ""]:
        if line:
            name, _, value = line.partition(":")
            value = value[1:] if value.startswith(" ") else value
            if name == "data":
                data.append(value)
            event = value if name == "event" else event
            last_id = value if name == "id" else last_id
            continue
        if data:
            events.append((event or None, "\n".join(data), last_id or None))
        data, event = [], ""
    return events


@given(st.binary(max_size=300), cuts)
def test_any_bytes_at_any_cut(data: bytes, places: list[int]) -> None:
    def strip(frames: list[Frame]) -> list[tuple[str | None, str]]:
        return [(frame.event, frame.data) for frame in frames]

    expected = strip(whole("sse", data))
    assert strip(read("sse", cut_at(data, places))) == expected
    assert strip(read("sse", bytewise(data))) == expected


def recordings() -> list[Path]:
    return sorted(RECORDED.glob("*/*.stream.*.json")) if RECORDED.exists() else []


@pytest.mark.skipif(not RECORDED.exists(), reason="no recorded traffic beside the repository")
def test_recorded_streams() -> None:
    seen = 0
    for path in recordings():
        record = json.loads(path.read_text(encoding="utf-8"))
        if record["response"].get("encoding") != "sse":
            continue
        data = record["response"]["body_text"].encode()
        frames = whole("sse", data)
        assert frames == read("sse", cut_at(data, range(7, len(data), 11))), path.name
        assert frames == read("sse", bytewise(data)), path.name
        wanted = len(re.findall(rb"(?m)^data:", data))
        assert sum(frame.data.count("\n") + 1 for frame in frames) == wanted, path.name
        seen += 1
    assert seen > 50
