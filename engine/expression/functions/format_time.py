"""format_time: a time as text, for headers that are signed or dated."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from engine.expression.function import Example, ExpressionTypeError, Function

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
FIELD = re.compile(r"%(.?)", re.DOTALL)

# English names and four-digit years, whatever the machine's locale and C library.
PARTS: dict[str, Callable[[datetime], str]] = {
    "Y": lambda time: f"{time.year:04}",
    "m": lambda time: f"{time.month:02}",
    "d": lambda time: f"{time.day:02}",
    "H": lambda time: f"{time.hour:02}",
    "M": lambda time: f"{time.minute:02}",
    "S": lambda time: f"{time.second:02}",
    "a": lambda time: DAYS[time.weekday()],
    "b": lambda time: MONTHS[time.month - 1],
    "%": lambda time: "%",
}


def _format_time(seconds: Any, format: str) -> str:
    if message := _unknown(format):
        raise ExpressionTypeError(f"format_time(): {message}")
    try:
        time = EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        raise ExpressionTypeError("format_time(): the time is out of range") from None
    return FIELD.sub(lambda found: PARTS[found[1]](time), format)


def _unknown(format: str) -> str | None:
    strange = [found[0] for found in FIELD.finditer(format) if found[1] not in PARTS]
    known = " ".join(f"%{part}" for part in PARTS)
    return f"unknown field {strange[0]!r}; fields: {known}" if strange else None


def _check(literals: dict[int, Any]) -> str | None:
    return _unknown(literals.get(1) or "")


SPEC = Function(
    "format_time(seconds: number, format: string) -> string",
    "A time, in seconds since 1970, as text in UTC: %Y %m %d %H %M %S, and %a %b for English names of day "
    "and month.",
    _format_time,
    (
        Example("format_time(now(), '%Y%m%dT%H%M%SZ')", "20231114T221320Z"),
        Example("format_time(`784111777`, '%a, %d %b %Y %H:%M:%S GMT')", "Sun, 06 Nov 1994 08:49:37 GMT"),
        Example("format_time(`0`, '100%%')", "100%"),
        Example("format_time(`null`, '%Y')", None),
    ),
    check=_check,
)
