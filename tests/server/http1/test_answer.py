from __future__ import annotations

import pytest

from engine.events import FixedHeaders
from engine.server.http1.answer import CHUNKED, chunk, head_of


def lines(head: bytes) -> list[bytes]:
    assert head.endswith(b"\r\n\r\n") and head.count(b"\r\n\r\n") == 1
    return head[:-4].split(b"\r\n")


def test_a_head() -> None:
    head = head_of(200, {"x-a": "1"}, "text/plain", "content-length: 5\r\n", keep_alive=True)
    assert lines(head) == [
        b"HTTP/1.1 200 OK", b"x-a: 1", b"content-type: text/plain", b"content-length: 5", b"connection: keep-alive",
    ]  # fmt: skip
    assert lines(head_of(499, {}, None, "", keep_alive=False)) == [
        b"HTTP/1.1 499 Unknown",
        b"connection: close",
    ]


@pytest.mark.parametrize("evil", ["a\r\nb: c", "a\nb: c", "a\rb: c", "\r\n\r\nHTTP/1.1 200 OK", "a\r\n"])
def test_no_value_makes_a_line_of_its_own(evil: str) -> None:
    for head in (
        head_of(200, {"x": evil, "y": "1"}, "t", CHUNKED, keep_alive=True),
        head_of(200, {f"x{evil}": "1", "y": "1"}, "t", CHUNKED, keep_alive=True),
        head_of(200, {"x": "1", "y": "1"}, f"t{evil}", CHUNKED, keep_alive=True),
    ):
        assert len(lines(head)) == 6 and head.count(b"\r") == head.count(b"\n") == 7


def test_lines_that_make_up_for_each_other_are_found() -> None:
    head = head_of(200, {"x": "\r", "y": "\n"}, None, "", keep_alive=True)
    assert lines(head)[1:3] == [b"x: ", b"y: "]


def test_where_the_body_ends_is_for_the_connection_to_say() -> None:
    forged = {"content-length": "77", "transfer-encoding": "chunked", "connection": "x", "x": "1"}
    head = head_of(200, forged, None, CHUNKED, keep_alive=True)
    assert lines(head)[1:] == [b"x: 1", b"transfer-encoding: chunked", b"connection: keep-alive"]


def test_no_headers_are_no_line() -> None:
    for none in ({}, {"content-length": "77"}):
        assert lines(head_of(200, none, None, "", keep_alive=True))[1:] == [b"connection: keep-alive"]


def test_values_beyond_ascii_go_out_as_they_came() -> None:
    value = b"h\xc3\xa9 \xff".decode("utf-8", "surrogateescape")
    assert lines(head_of(200, {"x": value}, None, "", keep_alive=True))[1] == b"x: h\xc3\xa9 \xff"


def test_shared_headers_are_written_once_and_as_strictly() -> None:
    shared = FixedHeaders({"x-a": "1\r\nx-b: 2", "content-length": "77"})
    for mine in ("3", "4"):
        head = head_of(200, {"x-c": mine}, None, "", keep_alive=True, shared=shared)
        assert lines(head)[1:] == [b"x-a: 1x-b: 2", b"x-c: " + mine.encode(), b"connection: keep-alive"]
    assert shared.lines == "x-a: 1x-b: 2\r\n"


@pytest.mark.parametrize("status", [0, 100, 101, 199, 1000, -1])
def test_what_is_no_status_of_an_answer(status: int) -> None:
    with pytest.raises(ValueError, match=str(status)):
        head_of(status, {}, None, "", keep_alive=True)


def test_a_chunk() -> None:
    assert chunk(b"x" * 26) == b"1a\r\n" + b"x" * 26 + b"\r\n"
