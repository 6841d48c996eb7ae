"""The error tree. A class exists only if somebody catches it or if it has a status of its own.

    EngineError
    ├── RequestRefused      the client's request cannot be served as it stands    (4xx)
    ├── UpstreamFailed      an upstream answered with, or died of, a classed error (by ErrorClass)
    ├── AnswerBroken        a streamed answer broke off, or its client left       (what came is kept)
    ├── MappingFailed       a mapping met data that it cannot transform            (500)
    └── EngineUnavailable   the engine cannot serve now: draining, nothing loaded  (503)

Every error ends as an `ErrorInfo`: the one neutral form that surfaces encode for their clients.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class ErrorClass(StrEnum):
    """What went wrong, as a dialect tells it (`error.map.class`); the failover table is keyed by it."""

    INVALID = "invalid"
    AUTH = "auth"
    QUOTA = "quota"
    RATE_LIMIT = "rate_limit"
    OVERLOADED = "overloaded"
    TIMEOUT = "timeout"
    NOT_FOUND = "not_found"
    CONTENT_FILTER = "content_filter"
    CONTEXT_LENGTH = "context_length"
    UPSTREAM = "upstream"


@dataclass(frozen=True, slots=True)
class ClassRule:
    """How one error class looks to a client: HTTP status and error type."""

    status: int
    type: str


CLASS_RULES: dict[ErrorClass, ClassRule] = {
    ErrorClass.INVALID: ClassRule(400, "invalid_request_error"),
    ErrorClass.AUTH: ClassRule(502, "upstream_authentication_error"),
    ErrorClass.QUOTA: ClassRule(429, "insufficient_quota"),
    ErrorClass.RATE_LIMIT: ClassRule(429, "rate_limit_error"),
    ErrorClass.OVERLOADED: ClassRule(503, "overloaded_error"),
    ErrorClass.TIMEOUT: ClassRule(504, "timeout_error"),
    ErrorClass.NOT_FOUND: ClassRule(404, "not_found_error"),
    ErrorClass.CONTENT_FILTER: ClassRule(400, "invalid_request_error"),
    ErrorClass.CONTEXT_LENGTH: ClassRule(400, "invalid_request_error"),
    ErrorClass.UPSTREAM: ClassRule(502, "upstream_error"),
}
"""`auth` is 502 when our credential failed; the caller's own key makes it 401 (`ErrorInfo.status`)."""

# What an upstream's bare HTTP status means when its mapping says nothing more exact.
STATUS_CLASSES: dict[int, ErrorClass] = {
    400: ErrorClass.INVALID,
    401: ErrorClass.AUTH,
    402: ErrorClass.QUOTA,
    403: ErrorClass.AUTH,
    404: ErrorClass.NOT_FOUND,
    408: ErrorClass.TIMEOUT,
    409: ErrorClass.OVERLOADED,
    413: ErrorClass.INVALID,
    422: ErrorClass.INVALID,
    429: ErrorClass.RATE_LIMIT,
    503: ErrorClass.OVERLOADED,
    504: ErrorClass.TIMEOUT,
    529: ErrorClass.OVERLOADED,
}


def class_of_status(status: int) -> ErrorClass:
    """The class of an upstream's HTTP status; other 4xx are `invalid`, all else is `upstream`."""
    default = ErrorClass.INVALID if 400 <= status < 500 else ErrorClass.UPSTREAM
    return STATUS_CLASSES.get(status, default)


@dataclass(frozen=True, slots=True)
class ErrorInfo:
    """One error in neutral form. `retry_after` is in seconds; `status` overrides the class's own."""

    error_class: ErrorClass
    message: str
    code: str | None = None
    param: str | None = None
    retry_after: float | None = None
    status_override: int | None = None
    type_override: str | None = None

    @property
    def status(self) -> int:
        return self.status_override or CLASS_RULES[self.error_class].status

    @property
    def type(self) -> str:
        return self.type_override or CLASS_RULES[self.error_class].type


class EngineError(Exception):
    """Base of all errors that the engine raises on purpose; `info` is what the client is told."""

    def __init__(self, info: ErrorInfo) -> None:
        super().__init__(info.message)
        self.info = info


class RequestRefused(EngineError):
    """The client's request cannot be served as it stands."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        code: str | None = None,
        param: str | None = None,
        type: str | None = None,
        error_class: ErrorClass = ErrorClass.INVALID,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(ErrorInfo(error_class, message, code, param, retry_after, status, type))


class UpstreamFailed(EngineError):
    """An upstream answered with an error, or the call to it failed; `info.error_class` says how."""


class AnswerBroken(EngineError):
    """A streamed answer ended too early; `partial` is what came of it, `gone`: since its client left."""

    def __init__(self, info: ErrorInfo, partial: Mapping[str, Any], *, gone: bool = False) -> None:
        super().__init__(info)
        self.partial = partial
        self.gone = gone


class MappingFailed(EngineError):
    """A mapping met data that it cannot transform; `where` is file:line:col of the template."""

    def __init__(self, message: str, where: str) -> None:
        super().__init__(
            ErrorInfo(
                ErrorClass.UPSTREAM,
                f"mapping failed at {where}: {message}",
                "mapping_failed",
                status_override=500,
                type_override="server_error",
            )
        )
        self.where = where


class EngineUnavailable(EngineError):
    """The engine cannot serve this now."""

    def __init__(self, message: str, *, code: str = "unavailable", retry_after: float | None = None) -> None:
        super().__init__(
            ErrorInfo(ErrorClass.OVERLOADED, message, code, None, retry_after, 503, "server_error")
        )
