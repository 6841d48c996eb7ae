"""When something ends, as files write it: seconds since 1970, or a date."""

from __future__ import annotations

from datetime import UTC, datetime

from engine.diagnostics import Problems
from engine.tree import Node, Scalar

HINT = "write seconds since 1970, or a date: 2030-01-31 or 2030-01-31T12:00:00Z"


def moment(value: object) -> float:
    """Seconds since 1970. A date without a time zone is one in UTC. Raises ValueError."""
    if isinstance(value, str):
        if value.isdecimal():
            return float(value)
        found = datetime.fromisoformat(value)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    raise ValueError("this is not a time")


def moment_of(written: Node | None, problems: Problems, path: str) -> float | None:
    """The same of what stands in a file; None, with an error, for what is no time."""
    if written is None:
        return None
    try:
        return moment(written.value if isinstance(written, Scalar) else None)
    except ValueError:
        problems.error(written.at, "bad-date", "this is not a time", hint=HINT, path=path)
        return None
