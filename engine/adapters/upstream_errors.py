"""What a failed HTTP call means to the engine: the one table from the errors of both clients to ours.

A message names host and port and never the rest of a URL, which may hold a key.
"""

from __future__ import annotations

import errno
import os
import socket
import ssl
from collections.abc import Iterator

import httpx

from engine.adapters.http1.failures import CannotConnect, ConnectionLost, Forbidden, Malformed, Unsendable
from engine.errors import ErrorClass, ErrorInfo, UpstreamFailed

# The library would quote the header here, and the header may be the credential.
UNSENDABLE = "a header or the path holds characters that cannot be sent"

# Foreign error -> (class, code, message); the first row that fits counts. `{reason}` is found in the
# error's causes. The rows of a phase come first: a read that fails before the status is no lost body.
Row = tuple[tuple[type[Exception], ...], ErrorClass, str, str]
ROWS: tuple[Row, ...] = (
    ((httpx.ConnectTimeout,), ErrorClass.TIMEOUT, "connect_timeout", "connect timed out to {place}"),
    ((httpx.TimeoutException,), ErrorClass.TIMEOUT, "timeout", "timed out talking to {place}"),
    (
        (httpx.ProxyError,),
        ErrorClass.UPSTREAM,
        "proxy_failed",
        "the proxy refused to connect to {place}: {reason}",
    ),
    (
        (httpx.ConnectError, CannotConnect),
        ErrorClass.UPSTREAM,
        "connect_failed",
        "cannot connect to {place}: {reason}",
    ),
    (
        (Forbidden,),
        ErrorClass.INVALID,
        "address_not_allowed",
        "{place} may not be called: it is {reason}",
    ),
    (
        (httpx.NetworkError, ConnectionLost),
        ErrorClass.UPSTREAM,
        "connection_lost",
        "the connection to {place} was lost{when}",
    ),
    (
        (httpx.RemoteProtocolError, Malformed),
        ErrorClass.UPSTREAM,
        "bad_response",
        "{place} sent a malformed answer: {reason}",
    ),
    (
        (httpx.LocalProtocolError, Unsendable),
        ErrorClass.UPSTREAM,
        "bad_request",
        "cannot call {place}: " + UNSENDABLE,
    ),
    ((httpx.HTTPError,), ErrorClass.UPSTREAM, "bad_response", "the call to {place} failed: {reason}"),
    ((ssl.SSLError,), ErrorClass.UPSTREAM, "bad_tls", "cannot set up TLS for {place}: {reason}"),
    ((OSError,), ErrorClass.UPSTREAM, "connect_failed", "cannot connect to {place}: {reason}"),
    ((httpx.InvalidURL,), ErrorClass.UPSTREAM, "bad_url", "cannot call {place}: {reason}"),
    ((ValueError,), ErrorClass.UPSTREAM, "bad_url", "cannot call {place}: {reason}"),
    ((ImportError,), ErrorClass.UPSTREAM, "bad_proxy", "cannot call {place}: {reason}"),
)
FOREIGN: tuple[type[Exception], ...] = tuple({kind for row in ROWS for kind in row[0]})

# Protocol errors that mean no more than that the other side hung up.
HANGING_UP = (
    "peer closed connection",
    "peer unexpectedly closed connection",
    "Server disconnected",
    "ConnectionTerminated",
    "StreamReset",
)

REASONS: dict[int, str] = {
    errno.ECONNREFUSED: "refused",
    errno.ECONNRESET: "reset",
    errno.ENETUNREACH: "network unreachable",
    errno.EHOSTUNREACH: "host unreachable",
}


def failure(exc: Exception, place: str, *, in_body: bool = False) -> UpstreamFailed:
    """What `exc` means; `in_body` when the status had already come."""
    if isinstance(exc, httpx.RemoteProtocolError) and str(exc).startswith(HANGING_UP):
        exc = httpx.ReadError(str(exc))
    row = next(row for row in ROWS if isinstance(exc, row[0]))
    when = " in the middle of the answer" if in_body else " before it answered"
    message = row[3].format(place=place, reason=reason_of(exc), when=when)
    return UpstreamFailed(ErrorInfo(row[1], message, row[2]))


def timed_out(what: str, seconds: float | None, place: str, code: str) -> UpstreamFailed:
    after = "" if seconds is None else f" after {seconds:g}s"
    return UpstreamFailed(ErrorInfo(ErrorClass.TIMEOUT, f"{what}{after} to {place}", code))


def malformed(place: str, reason: str) -> UpstreamFailed:
    message = f"{place} sent a malformed answer: {reason}"
    return UpstreamFailed(ErrorInfo(ErrorClass.UPSTREAM, message, "bad_response"))


def reason_of(exc: BaseException) -> str:
    """The plainest cause of `exc` in a few words."""
    for cause in _causes(exc):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not trusted ({cause.verify_message})"
        if isinstance(cause, socket.gaierror):
            return "the host name does not resolve"
        if isinstance(cause, FileNotFoundError):
            return f"no such file: {cause.filename}" if cause.filename else "no such file"
        if isinstance(cause, OSError) and cause.errno in REASONS:
            return REASONS[cause.errno]
    last = list(_causes(exc))[-1]
    if isinstance(last, ssl.SSLError) and last.reason:  # its number is none of the system's
        return last.reason.replace("_", " ").lower()
    if isinstance(last, OSError) and last.errno:
        return os.strerror(last.errno)
    return str(last) or type(last).__name__


def _causes(exc: BaseException) -> Iterator[BaseException]:
    """`exc` and what led to it, the members of groups too, outermost first."""
    seen: set[int] = set()
    queue: list[BaseException | None] = [exc]
    while queue:
        current = queue.pop(0)
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        queue += [current.__cause__, current.__context__]
        if isinstance(current, BaseExceptionGroup):
            queue.extend(current.exceptions)
