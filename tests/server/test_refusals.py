"""What is refused before a request is one comes in the same form as everything else."""

from __future__ import annotations

import pytest

from engine.errors import EngineUnavailable
from engine.server.refusals import headers_too_large, info_of, too_large
from tests.server.running import POST, error_of, running

MALFORMED = {
    b"GET\r\n\r\n": (400, "bad_request"),
    b"GET / HTTP/9\r\n\r\n": (400, "bad_request"),
    b"GET /\xff HTTP/1.1\r\n\r\n": (400, "bad_request"),
    b"GET / HTTP/1.1\r\nx: " + b"a" * 70_000 + b"\r\n\r\n": (431, "headers_too_large"),
    POST + b"expect: magic\r\ncontent-length: 1\r\n\r\nx": (417, "expectation_failed"),
    POST + b"content-length: x\r\n\r\n": (400, "bad_request"),
    POST + b"content-length: 1\r\ncontent-length: 2\r\n\r\nx": (400, "bad_request"),
    POST + b"transfer-encoding: chunked\r\n\r\nzz\r\n": (400, "bad_request"),
}


@pytest.mark.parametrize("raw", MALFORMED, ids=range(len(MALFORMED)))
async def test_what_is_no_http_is_refused_in_the_usual_form(raw: bytes) -> None:
    async with running() as server:
        status, error = error_of(await server.talk(raw))
        assert (status, error["code"]) == MALFORMED[raw]
        assert error["type"] == "invalid_request_error" and server.gateway.asked == []


@pytest.mark.parametrize(
    ("exc", "status", "code"),
    [
        (EngineUnavailable("x", code="y"), 503, "y"),
        (too_large(10), 413, "body_too_large"),
        (headers_too_large(), 431, "headers_too_large"),
        (RecursionError(), 400, "json_too_deep"),
        (ValueError("inside"), 500, "internal_error"),
        (TypeError("inside"), 500, "internal_error"),
        (TypeError("Recursion limit reached"), 400, "json_too_deep"),
    ],
)
def test_each_error_has_a_status(exc: Exception, status: int, code: str) -> None:
    info = info_of(exc, "req-1")
    assert (info.status, info.code) == (status, code) and "inside" not in info.message
