"""What the web framework refuses by itself, in our words."""

from __future__ import annotations

from sanic.exceptions import (
    BadRequest,
    ExpectationFailed,
    PayloadTooLarge,
    RequestTimeout,
    SanicException,
    ServiceUnavailable,
)

from engine.errors import EngineError, ErrorClass, ErrorInfo

INVALID, LATE, BUSY = ErrorClass.INVALID, ErrorClass.TIMEOUT, ErrorClass.OVERLOADED

# Framework error -> (status, class, code, message); the first row that fits counts.
Row = tuple[type[SanicException], int, ErrorClass, str, str]
ROWS: tuple[Row, ...] = (
    (RequestTimeout, 408, LATE, "request_timeout", "the request did not arrive in time"),
    (ServiceUnavailable, 503, BUSY, "response_timeout", "the answer took too long"),
    (
        ExpectationFailed,
        417,
        INVALID,
        "expectation_failed",
        "the only expectation that is known is 100-continue",
    ),
    (BadRequest, 400, INVALID, "bad_request", "this is no valid HTTP request"),
)
HEADERS_TOO_LARGE = ErrorInfo(
    INVALID, "the headers are larger than limits.header allows", "headers_too_large", status_override=431
)


def too_large(limit: int) -> ErrorInfo:
    return ErrorInfo(
        INVALID, f"the body is larger than {limit} bytes (limits.body)", "body_too_large", status_override=413
    )


def too_deep() -> ErrorInfo:
    return ErrorInfo(INVALID, "the JSON of the body is nested too deeply", "json_too_deep")


def info_of(exc: BaseException, body_limit: int, request_id: str) -> ErrorInfo:
    """What a client is told of an error that came up outside of the ingress."""
    if isinstance(exc, EngineError):
        return exc.info
    if isinstance(exc, PayloadTooLarge):
        return HEADERS_TOO_LARGE if "header" in str(exc) else too_large(body_limit)
    for kind, status, error_class, code, message in ROWS:
        if isinstance(exc, kind):
            return ErrorInfo(error_class, message, code, status_override=status)
    if isinstance(exc, SanicException) and 400 <= exc.status_code < 500:
        return ErrorInfo(INVALID, str(exc), "bad_request", status_override=exc.status_code)
    return ErrorInfo(
        ErrorClass.UPSTREAM,
        f"the engine failed on this request; its log tells more under {request_id}",
        "internal_error",
        status_override=500,
        type_override="server_error",
    )
