"""Bodies, however their bytes are cut."""

from __future__ import annotations

import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import EngineError
from engine.server.http1.body import ChunkedBody, SizedBody


def feed(body: SizedBody | ChunkedBody, data: bytes, cuts: list[int]) -> bytes | None:
    """Feed data in pieces; what is left of it when the body is complete, None when it is not."""
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    for start, end in pairwise(edges):
        rest = body.feed(data[start:end])
        if rest is not None:
            return rest + data[end:]
    return None


@given(st.binary(max_size=50), st.binary(max_size=9), st.lists(st.integers(0, 60), max_size=6))
def test_a_body_of_known_length(content: bytes, after: bytes, cuts: list[int]) -> None:
    body = SizedBody(len(content))
    assert feed(body, content + after, cuts) == after
    assert body.whole() == content and body.size == len(content)


@given(
    st.lists(st.tuples(st.binary(min_size=1, max_size=20), st.sampled_from([b"", b";a=b", b' ; a="b c"']))),
    st.binary(max_size=9),
    st.lists(st.integers(0, 400), max_size=9),
)
def test_a_body_in_chunks(chunks: list[tuple[bytes, bytes]], after: bytes, cuts: list[int]) -> None:
    wire = b"".join(b"%X%b\r\n%b\r\n" % (len(piece), more, piece) for piece, more in chunks)
    body = ChunkedBody(10_000)
    assert feed(body, wire + b"000;last\r\n\r\n" + after, cuts) == after
    assert body.whole() == b"".join(piece for piece, _ in chunks)


@pytest.mark.parametrize(
    "wire",
    [
        b"zz\r\n", b"\r\n", b"+2\r\n", b"-2\r\n", b"0x2\r\n", b"2 \r\n", b" 2\r\n", b"2\n{}\r\n", b"2;a\n{}\r\n0\r\n\r\n", b"2;\0\r\n",
        b"2\r\n{}xx\r\n0\r\n\r\n", b"2\r\n{}0\r\n\r\n", b"2\r\n{}\n0\n\n", b"0\r\nx: y\r\n\r\n", b"0\r\nxx", b"f" * 17 + b"\r\n",
        b"2;" + b"a" * 2000 + b"\r\n{}\r\n0\r\n\r\n", b"2;" + b"a" * 2000,
    ],
)  # fmt: skip
@pytest.mark.parametrize("bytewise", [False, True])
def test_what_is_no_chunk_is_refused(wire: bytes, bytewise: bool) -> None:
    body = ChunkedBody(10_000)
    with pytest.raises(EngineError) as caught:
        feed(body, wire + b"\r\n", list(range(len(wire))) if bytewise else [])
    assert caught.value.info.code == "bad_request"


def test_a_chunk_that_is_too_much_is_refused_when_it_is_announced() -> None:
    body = ChunkedBody(10)
    assert body.feed(b"8\r\n12345678\r\n") is None
    with pytest.raises(EngineError) as caught:
        body.feed(b"3\r\n")
    assert (caught.value.info.status, caught.value.info.code) == (413, "body_too_large")


def test_a_body_in_crumbs_takes_no_more_memory_than_a_whole_one() -> None:
    body = SizedBody(100_000)
    tracemalloc.start()
    for number in range(99_999):
        body.feed(b"%d" % (number % 10))
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert body.feed(b"x") == b"" and len(body.whole()) == 100_000 and taken < 200_000


def test_what_is_taken_is_kept_no_longer() -> None:
    body = SizedBody(10)
    assert body.feed(b"hello") is None and body.taken() == b"hello" and body.taken() == b""
    assert body.feed(b"worldGET") == b"GET" and (body.taken(), body.size) == (b"world", 10)
