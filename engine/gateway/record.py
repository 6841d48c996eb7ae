"""A usage record: one row a request, in the order of `COLUMNS`. No content is in it, no secret.

New columns are added at the end: records of an earlier version may still be in the spool.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine.errors import ErrorInfo

if TYPE_CHECKING:
    from engine.gateway.report import Report

COLUMNS = (
    "at", "request_id", "client", "groups", "surface", "alias", "provider", "target", "credential",
    "status", "error", "code", "attempts", "streamed", "aborted", "ms", "first_byte_ms",
    "prompt", "output", "cache_read", "cache_write", "reasoning", "cost",
    "operation",
)  # fmt: skip

NOTHING: Mapping[str, Any] = {}

# What is told of a client that left before its answer was complete.
GONE = 499


def cost_of(report: Report, status: int, usage: Mapping[str, Any] | None) -> float | None:
    """US dollars; None: nobody knows. An error in place of an answer costs nothing."""
    if usage is None and status >= 400 and (status != GONE or not report.attempts):
        return 0.0
    return report.price.cost(usage) if report.price is not None else None


def usage_row(
    report: Report, status: int, seconds: float, usage: Mapping[str, Any] | None, error: ErrorInfo | None
) -> tuple[object, ...]:
    """The row of a request that ends now, `seconds` after it began."""
    told, client, first = (usage or NOTHING).get, report.client, report.first_byte
    return (
        report.outside.clock.now(),
        report.request_id,
        client.name if client is not None else None,
        ",".join(client.groups) if client is not None and client.groups else None,
        report.surface,
        report.alias,
        report.provider,
        report.target,
        report.credential,
        status,
        error.error_class.value if error is not None else None,
        error.code if error is not None else None,
        report.attempts,
        report.streamed,
        status == GONE,
        seconds * 1000.0,
        None if first is None else (first - report.started) * 1000.0,
        told("prompt"),
        told("output"),
        told("cache_read"),
        told("cache_write"),
        told("reasoning"),
        report.cost,
        report.operation,
    )


def refused_row(
    now: float, request_id: str, surface: str, info: ErrorInfo, operation: str
) -> tuple[object, ...]:
    """The row of a request that was refused at the door, before anybody knew whose it was."""
    empty: dict[str, object] = dict.fromkeys(COLUMNS)
    known = {
        "at": now, "request_id": request_id, "surface": surface, "status": info.status,
        "error": info.error_class.value, "code": info.code, "attempts": 0, "streamed": False,
        "aborted": False, "ms": 0.0, "cost": 0.0, "operation": operation,
    }  # fmt: skip
    return tuple((empty | known).values())
