from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.adapters.http1.answer import MAX_INTERIM, MAX_STATUS_LINE, Answer
from engine.adapters.http1.failures import ConnectionLost, Malformed

LIMIT = 65536
OK = b"HTTP/1.1 200 OK\r\n"


def read(*pieces: bytes, limit: int = LIMIT, no_body: bool = False) -> Answer:
    answer = Answer(limit, no_body=no_body)
    for piece in pieces:
        if not answer.over:
            answer.feed(piece)
    return answer


def body(answer: Answer) -> bytes:
    return answer.take() if answer.pieces else b""


# Any valid answer in any pieces

TEXT = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=20)
FIELDS = st.lists(st.tuples(st.sampled_from(["x-a", "X-B", "set-cookie", "Via"]), TEXT), max_size=6)
CHUNKS = st.lists(st.binary(min_size=1, max_size=40), max_size=8)


def head(status: int, fields: list[tuple[str, str]], *framing: bytes) -> bytes:
    lines = [f"{name}:{value}".encode() for name, value in fields]
    return b"\r\n".join([b"HTTP/1.1 %d X" % status, *lines, *framing, b"", b""])


@st.composite
def messages(draw: st.DrawFn) -> tuple[bytes, int, bytes, bool]:
    """Bytes, status, body, and whether the end of the connection ends it."""
    fields, chunks = draw(FIELDS), draw(CHUNKS)
    status = draw(st.sampled_from([200, 201, 204, 304, 400, 429, 503, 599]))
    interim = b"".join(
        head(code, fields) for code in draw(st.lists(st.sampled_from([100, 102, 103]), max_size=3))
    )
    whole = b"".join(chunks)
    framing = draw(st.sampled_from(["length", "chunked", "end"]))
    if status in (204, 304):
        return interim + head(status, fields), status, b"", False
    if framing == "length":
        return (
            interim + head(status, fields, b"Content-Length: %d" % len(whole)) + whole,
            status,
            whole,
            False,
        )
    if framing == "end":
        return interim + head(status, fields) + whole, status, whole, True
    extension, trailer = (
        draw(st.sampled_from([b"", b";a=b", b';a="b c"'])),
        draw(st.sampled_from([b"", b"x-t: 1\r\n"])),
    )
    coded = b"".join(b"%x%s\r\n%s\r\n" % (len(chunk), extension, chunk) for chunk in chunks)
    tail = b"0%s\r\n%s\r\n" % (extension, trailer)
    return interim + head(status, fields, b"Transfer-Encoding: Chunked") + coded + tail, status, whole, False


@given(message=messages(), data=st.data())
def test_any_pieces_give_the_same(message: tuple[bytes, int, bytes, bool], data: st.DataObject) -> None:
    raw, status, whole, until_end = message
    cuts = sorted(data.draw(st.sets(st.integers(1, len(raw) - 1), max_size=12)))
    pieces = [raw[start:end] for start, end in zip([0, *cuts], [*cuts, len(raw)], strict=True)]
    answer, at_once = read(*pieces), read(raw)
    if until_end:
        assert not answer.over and not at_once.over
        answer.eof()
        at_once.eof()
    assert answer.complete and answer.failure is None and answer.status == status
    assert body(answer) == body(at_once) == whole
    assert answer.headers == at_once.headers
    assert answer.reusable is at_once.reusable is (not until_end)


@given(message=messages())
def test_no_beginning_is_taken_for_the_whole(message: tuple[bytes, int, bytes, bool]) -> None:
    raw, _, whole, until_end = message
    for end in range(1, len(raw)):
        answer = read(raw[:end])
        assert not answer.over
        answer.eof()
        if until_end and answer.status:
            assert answer.complete and whole.startswith(body(answer))
        else:
            assert isinstance(answer.failure, ConnectionLost)


@given(message=messages(), more=st.binary(min_size=1, max_size=30).filter(lambda more: more.strip(b"\r\n")))
def test_what_follows_makes_the_connection_useless_and_not_the_answer(
    message: tuple[bytes, int, bytes, bool], more: bytes
) -> None:
    raw, status, whole, until_end = message
    if not until_end:
        answer = read(raw + more)
        assert (answer.complete, answer.reusable, answer.status) == (True, False, status)
        assert body(answer) == whole


@given(raw=st.binary(min_size=1, max_size=200))
def test_any_bytes_do_no_harm(raw: bytes) -> None:
    for answer in (read(raw), read(OK + raw), read(OK + b"transfer-encoding: chunked\r\n\r\n" + raw)):
        if not answer.over:
            answer.eof()
        assert answer.over and not isinstance(answer.failure, AssertionError | TypeError)


# Pieces


def test_pieces_that_came_together_are_taken_together() -> None:
    answer = read(OK + b"transfer-encoding: chunked\r\n\r\n3\r\none\r\n3\r\ntwo\r\n")
    assert answer.buffered == 6 and answer.take() == b"onetwo"
    assert answer.buffered == 0 and not answer.pieces and not answer.over


def test_a_piece_of_a_body_of_known_length_is_not_copied() -> None:
    answer, piece = read(OK + b"content-length: 100000\r\n\r\n"), b"x" * 50_000
    answer.feed(piece)
    assert answer.take() is piece


def test_the_first_failure_counts_and_none_after_the_end() -> None:
    answer = read(OK)
    answer.fail(Malformed("one"))
    answer.fail(Malformed("two"))
    assert str(answer.failure) == "one"
    done = read(OK + b"content-length: 0\r\n\r\n")
    done.fail(Malformed("late"))
    done.eof()
    assert done.complete and done.failure is None


# Limits


def test_headers_may_be_as_large_as_the_limit_and_no_larger() -> None:
    def sized(size: int) -> bytes:
        return OK + b"x: " + b"y" * (size - 5) + b"\r\n\r\n"

    for step in (1, 500, 10_000):
        for size, fits in ((1000, True), (1001, False)):
            raw = sized(size)
            answer = read(*(raw[at : at + step] for at in range(0, len(raw), step)), limit=1000)
            assert bool(answer.status) is fits
            assert fits or "1000 bytes" in str(answer.failure)


def test_a_head_without_end_is_broken_off_while_it_arrives() -> None:
    answer, fed = Answer(1000), 0
    while not answer.over and fed < 10**6:
        answer.feed(b"HTTP/1.1 200 OK\r\nx: " if not fed else b"y" * 100)
        fed += 100
    assert isinstance(answer.failure, Malformed) and fed < 1000 + MAX_STATUS_LINE + 200


def test_interim_answers_do_not_add_up_and_have_a_number() -> None:
    interim = b"HTTP/1.1 103 X\r\nlink: a\r\n\r\n"
    answer = read(interim * MAX_INTERIM + OK + b"content-length: 0\r\n\r\n")
    assert answer.status == 200 and answer.headers == {"content-length": "0"}
    assert isinstance(read(interim * (MAX_INTERIM + 1)).failure, Malformed)


@pytest.mark.parametrize("size", [1, 2, 100])
def test_small_chunks_are_no_padding(size: int) -> None:
    answer = read(OK + b"transfer-encoding: chunked\r\n\r\n", limit=100)
    for _ in range(5000):
        answer.feed(b"%x\r\n%s\r\n" % (size, b"x" * size))
        answer.take()
    assert answer.failure is None


def test_a_long_body_does_not_pay_for_padding_that_follows() -> None:
    answer = read(OK + b"transfer-encoding: chunked\r\n\r\n", limit=100)
    answer.feed(b"%x\r\n%s\r\n" % (100_000, b"x" * 100_000))
    answer.feed(b"5;" + b"x" * (101 + MAX_STATUS_LINE))
    assert isinstance(answer.failure, Malformed) and "framing" in str(answer.failure)


# No body


@pytest.mark.parametrize(
    "raw", [OK + b"content-length: 5\r\n\r\n", OK + b"transfer-encoding: chunked\r\n\r\n"]
)
def test_a_head_may_speak_of_a_body_that_does_not_come(raw: bytes) -> None:
    answer = read(raw, no_body=True)
    assert answer.complete and answer.reusable
    with_body = read(raw + b"hello", no_body=True)
    assert with_body.complete and not with_body.reusable and not with_body.pieces
