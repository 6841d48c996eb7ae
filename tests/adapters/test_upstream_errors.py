from __future__ import annotations

import errno
import socket

import httpx
import pytest

from engine.adapters.upstream_errors import failure, malformed, reason_of, timed_out
from engine.errors import ErrorClass


def caused(outer: Exception, cause: BaseException) -> Exception:
    outer.__cause__ = cause
    return outer


@pytest.mark.parametrize(
    ("exc", "reason"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "x"), "refused"),
        (OSError(errno.EHOSTUNREACH, "x"), "host unreachable"),
        (OSError(errno.EMFILE, "x"), "Too many open files"),
        (socket.gaierror(-2, "Name or service not known"), "the host name does not resolve"),
        (ExceptionGroup("all", [OSError("v6"), OSError(errno.ECONNREFUSED, "v4")]), "refused"),
        (RuntimeError(), "RuntimeError"),
    ],
)
def test_the_plainest_cause_is_found(exc: Exception, reason: str) -> None:
    assert reason_of(caused(httpx.ConnectError("All connection attempts failed"), exc)) == reason


@pytest.mark.parametrize(
    ("exc", "in_body", "code", "error_class"),
    [
        (httpx.ConnectTimeout(""), False, "connect_timeout", ErrorClass.TIMEOUT),
        (httpx.ReadTimeout(""), True, "timeout", ErrorClass.TIMEOUT),
        (httpx.ProxyError("407"), False, "proxy_failed", ErrorClass.UPSTREAM),
        (httpx.ReadError(""), True, "connection_lost", ErrorClass.UPSTREAM),
        (
            httpx.RemoteProtocolError("peer closed connection without"),
            True,
            "connection_lost",
            ErrorClass.UPSTREAM,
        ),
        (httpx.RemoteProtocolError("illegal chunk header"), True, "bad_response", ErrorClass.UPSTREAM),
        (httpx.LocalProtocolError("Illegal header value b'hush'"), False, "bad_request", ErrorClass.UPSTREAM),
        (ImportError("socksio"), False, "bad_proxy", ErrorClass.UPSTREAM),
    ],
)
def test_each_foreign_error_has_a_row(
    exc: Exception, in_body: bool, code: str, error_class: ErrorClass
) -> None:
    info = failure(exc, "host:443", in_body=in_body).info
    assert (info.code, info.error_class) == (code, error_class)
    assert "host:443" in info.message and "hush" not in info.message


def test_messages() -> None:
    info = timed_out("connect timed out", 5.0, "h:1", "connect_timeout").info
    assert (info.message, info.status) == ("connect timed out after 5s to h:1", 504)
    assert malformed("h:1", "why").info.message == "h:1 sent a malformed answer: why"
