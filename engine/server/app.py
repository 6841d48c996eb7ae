"""The web framework: one handler, no routes of its own, no lines of its own."""

from __future__ import annotations

import itertools
import logging
import re
import traceback
from collections.abc import Mapping
from typing import Any

from sanic import HTTPResponse, Request, Sanic
from sanic.application.state import ApplicationServerInfo
from sanic.compat import Header
from sanic.exceptions import BadRequest, SanicException
from sanic.handlers import ErrorHandler
from sanic.http import Http
from sanic.http.constants import HTTP
from sanic.router import Router

from engine.ports import Telemetry
from engine.server.front import Front
from engine.spec.settings import Settings

# Seconds. A reader that takes nothing for so long is gone; how long an answer takes is the gateway's affair.
KEEP_ALIVE, HEADERS_IDLE, READER_IDLE = 75.0, 30.0, 3600.0

# The framework's stand-in for a request that it could not read.
NO_METHOD = "NONE"
NO_NAME = re.compile(r"[^!#$%&'*+.^_`|~0-9A-Za-z\n-]")

LOGGERS = ("sanic.root", "sanic.error", "sanic.access", "sanic.server", "sanic.websockets")

_numbers = itertools.count(1)


class OneRoute(Router):
    """Sends every method and path to the one handler: the snapshot knows the endpoints, and it changes."""

    only: Any = None

    def finalize(self, *args: Any, **kwargs: Any) -> None:
        super().finalize(*args, **kwargs)
        self.only = self.routes[0]

    def get(self, path: str, method: str, host: str | None) -> Any:  # type: ignore[override]
        return self.only, self.only.handler, {}


class Incoming(Request):
    """A request that can be told of even when its URL is none; names of headers are what HTTP allows.

    What one server reads as a header and the next does not is how requests are smuggled.
    """

    def __init__(self, url_bytes: bytes, headers: Header, version: str, method: str, *rest: Any, **more: Any):
        try:
            super().__init__(url_bytes, headers, version, method, *rest, **more)
        except SanicException:
            if method != NO_METHOD:
                raise
            super().__init__(b"*", headers, version, method, *rest, **more)
        head, lines = self.head, self.head.count(b"\r\n")
        if "" in headers or NO_NAME.search("\n".join(headers)):
            raise BadRequest("bad name of a header")
        if b"\0" in head or not lines == head.count(b"\r") == head.count(b"\n"):
            raise BadRequest("bad character in the headers")


class Errors(ErrorHandler):
    """Every error that reaches the framework, or comes from it, is the front's to word."""

    def __init__(self, front: Front) -> None:
        super().__init__()
        self.front = front

    def default(self, request: Request, exception: Exception) -> HTTPResponse:
        return self.front.refuse(request, exception)


def make_app(front: Front, settings: Settings, *, tuned: bool = True) -> Sanic[Any, Any]:
    """`tuned` lets the framework rewrite its own code for speed, which it can do once in a process."""
    app: Sanic[Any, Any] = Sanic(
        f"proxyctl-{next(_numbers)}",
        router=OneRoute(),
        error_handler=Errors(front),
        request_class=Incoming,
        configure_logging=False,
        env_prefix=None,
    )
    # The framework's own ceiling is lower than what some clients send.
    Http.HEADER_CEILING = settings.limits.header
    app.config.update(_config(settings, tuned))
    # Told that it speaks HTTP/1.1 alone, it does not offer HTTP/3 in every answer.
    app.state.server_info.append(ApplicationServerInfo({"version": HTTP.VERSION_1}))

    async def handle(request: Request) -> HTTPResponse | None:
        return await front.handle(request)

    app.add_route(handle, "/", methods=["GET", "POST"], stream=True)
    return app


def _config(settings: Settings, tuned: bool) -> Mapping[str, Any]:
    return {
        "ACCESS_LOG": False,
        "AUTO_EXTEND": False,
        "KEEP_ALIVE_TIMEOUT": KEEP_ALIVE,
        "MOTD": False,
        "REQUEST_MAX_HEADER_SIZE": settings.limits.header,
        "REQUEST_MAX_SIZE": settings.limits.body,
        "REQUEST_TIMEOUT": HEADERS_IDLE,
        "RESPONSE_TIMEOUT": READER_IDLE,
        "TOUCHUP": tuned,
    }


class ToTelemetry(logging.Handler):
    """Lines of the web framework, in our log."""

    def __init__(self, telemetry: Telemetry) -> None:
        super().__init__(logging.ERROR)
        self.telemetry = telemetry

    def emit(self, record: logging.LogRecord) -> None:
        exc = record.exc_info[1] if record.exc_info else None
        trace = "".join(traceback.format_exception(exc)) if exc else None
        self.telemetry.log("error", "http", {"message": record.getMessage(), "trace": trace})


def adopt_framework_logs(telemetry: Telemetry) -> None:
    """Only what is wrong is told; the rest is noise beside our own lines."""
    for name in LOGGERS:
        logger = logging.getLogger(name)
        logger.handlers = [ToTelemetry(telemetry)]
        logger.propagate = False
        logger.disabled = False  # some other library's logging setup may have switched it off
        logger.setLevel(logging.ERROR)
