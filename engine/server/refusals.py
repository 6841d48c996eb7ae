"""What is refused before or beside the ingress, in our words."""

from __future__ import annotations

import orjson

from engine.errors import EngineError, ErrorClass, ErrorInfo

# The library has no error of its own for this: its JSONEncodeError is the TypeError of any mistake.
TOO_DEEP = "Recursion limit"

INVALID, LATE, BUSY = ErrorClass.INVALID, ErrorClass.TIMEOUT, ErrorClass.OVERLOADED


def bad_request() -> EngineError:
    return _refusal(400, INVALID, "bad_request", "this is no valid HTTP request")


def expectation_failed() -> EngineError:
    message = "the only expectation that is known is 100-continue"
    return _refusal(417, INVALID, "expectation_failed", message)


def headers_too_large() -> EngineError:
    message = "the headers are larger than limits.header allows"
    return _refusal(431, INVALID, "headers_too_large", message)


def head_late() -> EngineError:
    return _refusal(408, LATE, "request_timeout", "the request did not arrive in time")


def body_late() -> EngineError:
    return _refusal(408, INVALID, "request_timeout", "the body stopped arriving")


def answer_late() -> EngineError:
    return _refusal(503, BUSY, "response_timeout", "the answer took too long")


def too_large(limit: int) -> EngineError:
    return _refusal(413, INVALID, "body_too_large", f"the body is larger than {limit} bytes (limits.body)")


def info_of(exc: BaseException, request_id: str) -> ErrorInfo:
    """What a client is told of an error that came up outside of the ingress."""
    if isinstance(exc, EngineError):
        return exc.info
    if isinstance(exc, RecursionError) or (isinstance(exc, orjson.JSONEncodeError) and TOO_DEEP in str(exc)):
        return ErrorInfo(INVALID, "the JSON of the body is nested too deeply", "json_too_deep")
    return ErrorInfo(
        ErrorClass.UPSTREAM,
        f"the engine failed on this request; its log tells more under {request_id}",
        "internal_error",
        status_override=500,
        type_override="server_error",
    )


def _refusal(status: int, error_class: ErrorClass, code: str, message: str) -> EngineError:
    return EngineError(ErrorInfo(error_class, message, code, status_override=status))
