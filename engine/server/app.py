"""The web framework: it listens, keeps connections and ends them; what is said on them is `http1`'s affair.

Its own handling of a request would be the largest part of what a request costs here.
"""

from __future__ import annotations

import itertools
import logging
import traceback
from typing import Any

from sanic import HTTPResponse, Request, Sanic

from engine.adapters.telemetry import SystemTelemetry
from engine.adapters.tracer import open_tracer
from engine.ports import Telemetry
from engine.server.http1.connection import Handler, Service
from engine.server.http1.sweep import Patience, Sweeper
from engine.spec.settings import LimitSettings, Settings

LOGGERS = ("sanic.root", "sanic.error", "sanic.access", "sanic.server", "sanic.websockets")

_numbers = itertools.count(1)


def make_app(handler: Handler, limits: LimitSettings, patience: Patience | None = None) -> Sanic[Any, Any]:
    """The application; `create_server` with `protocol=Connection` serves it."""
    app: Sanic[Any, Any] = Sanic(f"proxyctl-{next(_numbers)}", configure_logging=False, env_prefix=None)
    # What the framework could rewrite for speed is not used.
    app.config.update({"ACCESS_LOG": False, "AUTO_EXTEND": False, "MOTD": False, "TOUCHUP": False})
    app.add_route(_never_called, "/")  # the framework does not start without a route
    app.ctx.service = Service(handler, limits, Sweeper(patience or Patience()))
    return app


async def _never_called(_: Request) -> HTTPResponse:
    raise NotImplementedError


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


def open_telemetry(settings: Settings) -> SystemTelemetry:
    """Logs, metrics and, where it is on, tracing."""
    telemetry = SystemTelemetry(settings.log.level, settings.log.format)
    telemetry.tracer = open_tracer(settings.tracing, telemetry)
    return telemetry
