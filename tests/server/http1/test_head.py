"""What is a request's head and what is none, also compared with another strict parser."""

from __future__ import annotations

import string
from contextlib import suppress

import httptools
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import EngineError
from engine.server.http1 import head as module
from engine.server.http1.head import LONGEST_SEEN, MOST_SEEN, Head, Seen, check_beginning, parse_head

FIRST = b"POST /v1/chat/completions HTTP/1.1\r\n"


def parse(*lines: bytes, first: bytes = b"POST /v1/chat/completions HTTP/1.1") -> Head:
    return parse_head(b"".join(line + b"\r\n" for line in (first, *lines)))


def status_of(*lines: bytes, first: bytes = b"POST / HTTP/1.1") -> int:
    with pytest.raises(EngineError) as caught:
        parse(*lines, first=first)
    return caught.value.info.status


def test_a_head() -> None:
    head = parse(
        b"Host: h", b"X-A:  a b\t", b"x-b:", b"x-a: c", b"Content-Length: 7", b"x-text: h\xc3\xa9 \xff",
        first=b"POST /a%20b/c?x=1&y?z HTTP/1.1",
    )  # fmt: skip
    assert (head.method, head.path, head.query) == ("POST", "/a%20b/c", "x=1&y?z")
    assert head.headers == {
        "host": "h", "x-a": "a b, c", "x-b": "", "content-length": "7", "x-text": "hé \udcff",
    }  # fmt: skip
    assert (head.length, head.keep_alive, head.old, head.expects) == (7, True, False, False)


@pytest.mark.parametrize(
    ("lines", "length"),
    [
        ([], 0),
        ([b"content-length: 0"], 0),
        ([b"content-length: 0012"], 12),
        ([b"transfer-encoding: chunked"], None),
        ([b"Transfer-Encoding: Chunked"], None),
    ],
)
def test_where_the_body_ends(lines: list[bytes], length: int | None) -> None:
    assert parse(*lines).length == length


def test_a_length_beyond_all_numbers_is_too_large_and_no_fault() -> None:
    length = parse(b"content-length: " + b"9" * 10_000).length
    assert length is not None and length > 2**60


@pytest.mark.parametrize(
    "lines",
    [
        [b"content-length: 2", b"transfer-encoding: chunked"],
        [b"transfer-encoding: chunked", b"content-length: 2"],
        [b"content-length: 2", b"content-length: 2"],
        [b"content-length: 2", b"Content-Length: 3"],
        [b"transfer-encoding: chunked", b"transfer-encoding: chunked"],
        [b"host: a", b"host: b"],
        *([b"content-length: " + value] for value in (b"", b"+2", b"-2", b"2, 2", b"1_0", b"0x2", b"2 2", b"\xd9\xa2")),
        *(
            [b"transfer-encoding: " + value]
            for value in (b"", b"gzip", b"identity", b"gzip, chunked", b"chunked, chunked", b"chunked,", b", chunked",
                          b"xchunked", b"\x0bchunked", b"chunked;q=1",
                          "chun\N{KELVIN SIGN}ed".encode(),
                          b"chunked ", b"chunked\t")
        ),
    ],
)  # fmt: skip
def test_two_opinions_about_where_a_body_ends_are_refused(lines: list[bytes]) -> None:
    assert status_of(*lines) == 400


@pytest.mark.parametrize(
    "line",
    [
        b"content-length : 5", b": x", b"x y: 1", b"x", b" x: 1", b"\tx: 1", b"x: a\0b", b"x: a\rb", b"x: a\nb", b"x: a\x01",
        b"x: a\x7f", b"x\xff: 1", b"x(: 1", b"x\x00: 1", b"x: a\r\n b", b"x: 1\n",
    ],
)  # fmt: skip
def test_what_is_no_header_is_refused(line: bytes) -> None:
    assert status_of(b"host: h", line) == 400 == status_of(line, b"host: h")


@pytest.mark.parametrize(
    "first",
    [
        b"GET /", b"GET", b"", b"GET / HTTP/9", b"GET / HTTP/2.0", b"GET / HTTP/1.2", b"GET / HTTP/1.11", b"GET / HTTP/01.1",
        b"GET / http/1.1", b"GET / ICE/1.0", b"PRI * HTTP/2.0", b"GET  / HTTP/1.1", b"GET / HTTP/1.1 ", b" GET / HTTP/1.1",
        b"GET /a b HTTP/1.1", b"GET\t/ HTTP/1.1", b"G<T / HTTP/1.1", b"GET /\xc3\xa9 HTTP/1.1", b"GET /\0 HTTP/1.1",
        b"GET /\x7f HTTP/1.1", b"GET health HTTP/1.1", b"GET a:1 HTTP/1.1", b"GET ?x HTTP/1.1", b"GET ** HTTP/1.1",
        b"CONNECT h:443 HTTP/1.1", b"GET http://[::1/x HTTP/1.1", b"GET ftp://h/x HTTP/1.1", b"GET http:///x HTTP/1.1",
        b"GET http://user@h/x HTTP/1.1", b"\r\nGET / HTTP/1.1",
    ],
)  # fmt: skip
def test_what_is_no_request_line_is_refused(first: bytes) -> None:
    assert status_of(b"host: h", first=first) == 400


@pytest.mark.parametrize(
    ("target", "path", "query", "host"),
    [
        (b"/", "/", "", "h"),
        (b"//x//y", "//x//y", "", "h"),
        (b"/a?", "/a", "", "h"),
        (b"/a;b=1?c#d", "/a;b=1", "c", "h"),
        (b'/a"<>\\^`{|}', '/a"<>\\^`{|}', "", "h"),
        (b"*", "*", "", "h"),
        (b"http://other:80/a%20b?c=1", "/a%20b", "c=1", "other:80"),
        (b"HTTPS://other", "/", "", "other"),
    ],
)
def test_targets(target: bytes, path: str, query: str, host: str) -> None:
    head = parse(b"host: h", first=b"GET " + target + b" HTTP/1.1")
    assert (head.path, head.query, head.headers["host"]) == (path, query, host)


@pytest.mark.parametrize("method", ["GET", "get", "BREW", "M-SEARCH", "PRI", "QUERY"])
def test_any_method_may_be_asked(method: str) -> None:
    assert parse(first=f"{method} / HTTP/1.1".encode()).method == method


@pytest.mark.parametrize(
    ("minor", "lines", "keeps"),
    [
        (b"1", [], True),
        (b"1", [b"connection: close"], False),
        (b"1", [b"connection: TE, Close"], False),
        (b"1", [b"connection: keep-alive", b"connection: close"], False),
        (b"1", [b"connection: Upgrade, HTTP2-Settings", b"upgrade: h2c"], True),
        (b"0", [], False),
        (b"0", [b"connection: Keep-Alive"], True),
        (b"0", [b"connection: keep-alive, close"], False),
    ],
)
def test_whether_another_request_may_follow(minor: bytes, lines: list[bytes], keeps: bool) -> None:
    assert parse(*lines, first=b"GET / HTTP/1." + minor).keep_alive is keeps


def test_http_1_0_knows_no_chunks_and_no_expectations() -> None:
    assert status_of(b"transfer-encoding: chunked", first=b"POST / HTTP/1.0") == 400
    assert parse(b"expect: 100-continue", b"content-length: 1", first=b"POST / HTTP/1.0").expects is False


def test_expectations() -> None:
    assert parse(b"expect: 100-Continue", b"content-length: 1").expects is True
    assert parse(b"expect: 100-continue").expects is False
    assert status_of(b"expect: magic", b"content-length: 1") == 417


def test_thousands_of_headers_of_one_name_are_joined() -> None:
    assert parse(*[b"x: 1"] * 5000).headers["x"] == ", ".join(["1"] * 5000)


def test_what_was_read_before_is_read_in_the_same_way() -> None:
    lines = (b"Host: h", b"accept: a", b"Accept:  a\t", b"x-a: 1", b"X-A: 2", b"connection: close")
    once, again = parse(*lines), parse(*lines)
    assert once == again and once.headers is not again.headers
    assert list(again.headers.items()) == [
        ("host", "h"), ("accept", "a, a"), ("x-a", "1, 2"), ("connection", "close"),
    ]  # fmt: skip


def test_no_secret_is_kept() -> None:
    first = b"GET /x?key=secret-1 HTTP/1.1"
    parse(b"authorization: Bearer secret-2", b"x-api-key: secret-3", b"cookie: secret-4", first=first)
    with pytest.raises(EngineError):
        parse(first=b"GET http://a:secret-5@h/ HTTP/1.1")
    assert "secret" not in repr((module._requests, module._fields, module._names))


def test_only_so_much_is_kept() -> None:
    seen: Seen[int] = Seen()
    for number in range(3 * MOST_SEEN):
        seen.note(f"x: {number}", number)
        assert len(seen) <= MOST_SEEN and seen[f"x: {number}"] == number
    seen.note("x" * (LONGEST_SEEN + 1), 1)
    assert "x" * (LONGEST_SEEN + 1) not in seen


@pytest.mark.parametrize(
    "data", [b"\x16\x03\x01\x00\xc8", b"\r\n", b"\n", b" GET", b"GET / HTTP/1.1\n", b"GET / HTTP/1.1\r\nx: a\rb", b"GET /\0"]
)  # fmt: skip
def test_what_can_become_no_head_is_refused_before_its_end(data: bytes) -> None:
    with pytest.raises(EngineError):
        check_beginning(data, 0)
    with pytest.raises(EngineError):
        check_beginning(data, len(data) - 1 if len(data) > 5 else 0)


def test_any_beginning_of_a_head_may_become_one() -> None:
    block = FIRST + b"x: \xff\t\r\n"
    for end in range(1, len(block) + 1):
        check_beginning(block[:end], end - 1)


class Other:
    """What another parser makes of the same bytes."""

    def __init__(self) -> None:
        self.target, self.headers, self.complete = b"", [], False
        self.parser = httptools.HttpRequestParser(self)

    def on_url(self, target: bytes) -> None:
        self.target += target

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value.rstrip(b" \t")))

    def on_headers_complete(self) -> None:
        self.complete = True


FRAGMENTS = [
    b"GET", b"POST", b" ", b"/", b"/a?b", b"*", b"http://h/", b"HTTP/1.1", b"HTTP/1.0", b"\r\n", b"\r", b"\n", b"\0", b"\t", b":",
    b"x", b"x: 1", b"host: h", b"content-length", b"content-length: 5", b"transfer-encoding: chunked", b"chunked", b",",
    b"connection: close", b"\xff", b"5", b"+", b";",
]  # fmt: skip
TOKEN = st.text(string.ascii_letters + string.digits + "!#$%&'*+-.^_`|~", min_size=1, max_size=8)
VALUE = st.text(
    string.printable.replace("\r", "").replace("\n", "").replace("\x0b", "").replace("\x0c", ""), max_size=12
)
FIELDS = st.lists(st.tuples(TOKEN, VALUE), max_size=6)
WILD = st.lists(st.sampled_from(FRAGMENTS), max_size=14).map(b"".join)
LIKELY = FIELDS.map(
    lambda fields: FIRST + b"".join(f"{name}: {value}\r\n".encode() for name, value in fields)
)


@given(LIKELY | WILD.map(lambda wild: FIRST + wild + b"\r\n") | WILD.map(lambda wild: wild + b"\r\n"))
def test_what_is_taken_is_taken_in_the_same_sense_by_another_parser(block: bytes) -> None:
    if b"\r\n\r\n" in block:
        return  # that is where a head ends, and the caller has cut it there
    try:
        head = parse_head(block)
    except EngineError:
        return
    other = Other()
    with suppress(httptools.HttpParserUpgrade):  # only asked for; it is not granted here
        other.parser.feed_data(block + b"\r\n")
    assert other.complete and other.target.split(b"?")[0].decode().endswith(head.path)
    assert other.parser.get_method().decode() == head.method
    names = {name.decode() for name, _ in other.headers}
    assert names == set(head.headers)
    for name, value in other.headers:
        if value and name != b"host":
            assert value.decode("utf-8", "surrogateescape") in head.headers[name.decode()]
