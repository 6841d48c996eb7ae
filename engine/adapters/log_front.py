"""What is logged off the data path goes through structlog: its processors name, redact and write each line.

Requests have lines of the same form, written by hand (`telemetry`): structlog, when it redacts as thoroughly,
takes ten times as long.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, WrappedLogger

Write = Callable[[str, str, Mapping[str, object]], str]
"""Level, event and fields → the redacted line."""


class Sink:
    """Where structlog leaves its lines."""

    def __init__(self, put: Callable[[str, str], None]) -> None:
        self._put = put

    def __getattr__(self, level: str) -> Callable[[str], None]:
        return lambda line: self._put(level, line)


def front(write: Write, put: Callable[[str, str], None]) -> FilteringBoundLogger:
    """A structlog logger whose lines `write` makes and `put` gets, with their level.

    `bind` gives another one that has more to say in each line, and so have its context variables.
    """

    def written(logger: WrappedLogger, level: str, fields: EventDict) -> str:
        return write(level, str(fields.pop("event")), fields)

    return structlog.wrap_logger(  # type: ignore[no-any-return]
        Sink(put),
        processors=[structlog.contextvars.merge_contextvars, expanded, written],
        wrapper_class=structlog.make_filtering_bound_logger(0),
        cache_logger_on_first_use=True,
    )


def expanded(logger: WrappedLogger, level: str, fields: EventDict) -> EventDict:
    """`fields=…` as fields of their own: names among them may be those of a logger's parameters."""
    more: Mapping[str, Any] = fields.pop("fields", {})
    return {**fields, **more, "event": fields["event"]}
