from __future__ import annotations

import logging

import pytest

from tests.server.running import POST, Lines, framework_logs_to, running


async def test_every_method_and_path_comes_to_the_one_handler() -> None:
    async with running() as server:
        for method, path in (
            ("POST", "/v1/chat/completions"),
            ("PROPFIND", "/"),
            ("GET", "/a/b%20c?d"),
            ("PUT", "/x"),
        ):
            reply = await server.client.request(method, path)
            assert "x-request-id" in reply.headers and reply.headers["content-type"] == "application/json"


async def test_headers_up_to_the_limit_are_taken() -> None:
    async with running() as server:
        assert (await server.chat(headers={"x-big": "a" * 40_000})).status_code == 200
        assert (await server.chat(headers={"x-big": "a" * 70_000})).status_code == 431


def test_lines_of_the_framework_come_to_our_log_when_they_matter() -> None:
    telemetry = Lines()
    with framework_logs_to(telemetry):
        logging.getLogger("sanic.root").info("noise")
        try:
            raise ValueError("why")
        except ValueError:
            logging.getLogger("sanic.error").exception("broken %s", "thing")
    assert len(telemetry.lines) == 1
    level, event, fields = telemetry.lines[0]
    assert (level, event, fields["message"]) == ("error", "http", "broken thing") and "why" in str(
        fields["trace"]
    )


@pytest.mark.parametrize("target", [b"health", b"a:1", b"/v1/mo\0dels", b"http://[::1/health"])
async def test_a_url_that_is_none_is_answered(target: bytes) -> None:
    async with running() as server:
        raw = await server.talk(b"GET " + target + b" HTTP/1.1\r\nhost: h\r\n\r\n")
        assert server.telemetry.lines == []
    assert raw.startswith(b"HTTP/1.1 400 ") and b'"code":"bad_request"' in raw


@pytest.mark.parametrize(
    "line", [b"content-length : 5", b": x", b"x y: 1", b"x: a\0b", b"x: a\rb", b"x: a\nb", b"x\xff: 1"]
)
async def test_headers_that_others_would_read_otherwise_are_refused(line: bytes) -> None:
    async with running() as server:
        raw = await server.talk(POST + line + b"\r\n\r\nhello")
        assert server.gateway.asked == []
    assert raw.startswith(b"HTTP/1.1 400 ") and raw.count(b"HTTP/1.1") == 1
