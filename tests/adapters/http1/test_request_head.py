from __future__ import annotations

import pytest

from engine import __version__
from engine.adapters.address import address_of
from engine.adapters.http1.failures import Unsendable
from engine.adapters.http1.request_head import request_head
from engine.events import Call, FixedHeaders


def head(method: str, url: str, headers: dict[str, str], body: bytes = b"") -> list[str]:
    raw = request_head(Call(method, url, headers, body), address_of(url))
    assert raw.endswith(b"\r\n\r\n")
    return raw.decode().split("\r\n")[:-2]


def test_a_whole_head() -> None:
    assert head("POST", "https://h/v1/x?a=%20b", {"Content-Type": "a/b", "ACCEPT": "c/d"}, b"{}") == [
        "POST /v1/x?a=%20b HTTP/1.1",
        "host: h",
        "accept: c/d",
        "accept-encoding: identity",
        f"user-agent: proxyctl/{__version__}",
        "content-type: a/b",
        "content-length: 2",
    ]


@pytest.mark.parametrize(
    ("url", "host"),
    [("http://h/", "h"), ("http://h:81/", "h:81"), ("http://[::1]:81/", "[::1]:81"), ("https://h:443/", "h")],
)
def test_the_host(url: str, host: str) -> None:
    assert f"host: {host}" in head("GET", url, {})
    assert "host: mine" in head("GET", url, {"Host": "mine"})


def test_the_framing_is_not_the_callers() -> None:
    given = {"Content-Length": "9", "Transfer-Encoding": "chunked"}
    assert [line for line in head("POST", "http://h", given, b"{}") if "g: ch" in line or "th: " in line] == [
        "content-length: 2"
    ]
    assert not [line for line in head("GET", "http://h", given) if "chunked" in line or "length" in line]


@pytest.mark.parametrize(
    ("method", "says"), [("POST", True), ("PATCH", True), ("GET", False), ("HEAD", False)]
)
def test_an_empty_body_is_said_where_one_is_meant(method: str, says: bool) -> None:
    assert ("content-length: 0" in head(method, "http://h", {})) is says


@pytest.mark.parametrize("value", ["a\nb", "a\rb", "a\r\nb: c", "a\0b", "\r\n", "\ud800"])
def test_a_value_that_cannot_be_sent(value: str) -> None:
    with pytest.raises(Unsendable) as caught:
        head("GET", "http://h", {"x": value})
    assert not str(caught.value)


@pytest.mark.parametrize("name", ["", "a b", "a:", "a\r\nb", "ä", "a\0"])
def test_a_name_that_cannot_be_sent(name: str) -> None:
    with pytest.raises(Unsendable):
        head("GET", "http://h", {name: "x"})


@pytest.mark.parametrize(("method", "path"), [("GE T", "/"), ("", "/"), ("GET\r\n", "/"), ("GET", "/a b")])
def test_a_line_that_cannot_be_sent(method: str, path: str) -> None:
    with pytest.raises(Unsendable):
        head(method, f"http://h{path}", {})


def test_shared_headers_are_encoded_once_and_each_body_has_its_length() -> None:
    shared = FixedHeaders({"x": "1"})
    url = "http://h/a"
    heads = [head("POST", url, shared, body) for body in (b"{}", b"", b"{ }")]
    assert [lines[-2:] for lines in heads] == [["x: 1", f"content-length: {n}"] for n in (2, 0, 3)]
    assert shared.encoded is not None and shared.encoded[:2] == (url, "POST")


def test_what_was_encoded_for_another_call_is_not_used() -> None:
    shared = FixedHeaders({"x": "1"})
    lines = [
        head(method, url, shared)
        for method, url in (("PUT", "http://h/a"), ("PUT", "http://i/b"), ("GET", "http://i/b"))
    ]
    assert [line[0] for line in lines] == ["PUT /a HTTP/1.1", "PUT /b HTTP/1.1", "GET /b HTTP/1.1"]
    assert [line[1] for line in lines] == ["host: h", "host: i", "host: i"]


def test_shared_headers_that_cannot_be_sent() -> None:
    shared = FixedHeaders({"x": "a\r\nb: c"})
    for _ in range(2):
        with pytest.raises(Unsendable):
            head("POST", "http://h", shared)
