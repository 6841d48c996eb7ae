from __future__ import annotations

from typing import Any

import pytest

from engine.server.http1.exchange import LARGE, Exchange
from engine.server.http1.head import Head, parse_head

ASKED = parse_head(b"POST / HTTP/1.1\r\nhost: h\r\n")


class FakeLine:
    """Implements `exchange.Line` by keeping what is sent."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.remote, self.full, self.aborted = "1.2.3.4", False, False

    def send(self, data: bytes) -> None:
        self.sent.append(data)

    def abort(self) -> None:
        self.aborted = True

    async def drained(self) -> None:
        self.full = False


def exchange(head: Head = ASKED, **changes: Any) -> tuple[Exchange, FakeLine]:
    line = FakeLine()
    return Exchange(line, head._replace(**changes), b""), line


def test_a_small_answer_goes_out_in_one_piece() -> None:
    made, line = exchange()
    made.answer(200, {"x": "1"}, "text/plain", b"hello")
    assert len(line.sent) == 1 and line.sent[0].endswith(
        b"content-length: 5\r\nconnection: keep-alive\r\n\r\nhello"
    )
    assert made.begun and made.ended


def test_a_large_one_is_not_copied() -> None:
    made, line = exchange()
    body = b"x" * (LARGE + 1)
    made.answer(200, {}, "text/plain", body)
    assert line.sent[1] is body


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("POST", 204), ("POST", 304)])
@pytest.mark.parametrize("streamed", [False, True])
def test_an_answer_without_a_body(method: str, status: int, streamed: bool) -> None:
    made, line = exchange(method=method)
    if streamed:
        made.begin(status, {}, "text/plain")
        made.write(b"body")
        made.end()
    else:
        made.answer(status, {}, "text/plain", b"body")
    wire = b"".join(line.sent)
    assert wire.endswith(b"\r\n\r\n") and wire.count(b"\r\n\r\n") == 1 and made.ended
    assert (b"content-length" in wire) is (method == "HEAD" and not streamed)


def test_a_stream_is_chunked_and_its_head_goes_with_the_first_piece() -> None:
    made, line = exchange()
    made.begin(200, {}, "text/plain")
    assert line.sent == [] and not made.begun
    made.write(b"")
    made.write(b"one")
    made.write(b"two")
    made.end()
    head, *rest = line.sent
    assert b"transfer-encoding: chunked" in head and head.endswith(b"\r\n\r\n3\r\none\r\n")
    assert rest == [b"3\r\ntwo\r\n", b"0\r\n\r\n"]


def test_an_empty_stream_has_a_head() -> None:
    made, line = exchange()
    made.begin(200, {}, "text/plain")
    made.end()
    assert len(line.sent) == 1 and line.sent[0].endswith(b"\r\n\r\n0\r\n\r\n")


def test_to_an_http_1_0_client_a_stream_ends_with_its_connection() -> None:
    made, line = exchange(old=True, keep_alive=True)
    made.begin(200, {}, "text/plain")
    made.write(b"one")
    made.end()
    wire = b"".join(line.sent)
    assert wire.endswith(b"connection: close\r\n\r\none") and b"chunked" not in wire
    assert made.keep_alive is False


async def test_whoever_is_detached_writes_nowhere() -> None:
    made, line = exchange()
    line.full = True
    made.begin(200, {}, "text/plain")
    assert made.write(b"")
    made.detach()
    assert not made.write(b"hello")
    made.answer(200, {}, "text/plain", b"hello")
    made.break_off()
    await made.drained()
    assert (line.sent, line.aborted, made.begun) == ([], False, False)


def test_breaking_off() -> None:
    made, line = exchange()
    made.break_off()
    assert line.aborted
