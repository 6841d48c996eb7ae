"""A breaker leaves a target alone that fails again and again. The rule of it; the gateway holds the counters.

closed → open when `failures` fall into `window` · open → half open after `open` seconds · half open: one
request at a time tries the target; its success closes the breaker, its failure opens it again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from engine.errors import ErrorClass

# A target is in trouble; other errors are about the request, the credential or its rate.
FAILURES = frozenset({ErrorClass.UPSTREAM, ErrorClass.OVERLOADED, ErrorClass.TIMEOUT})

# Counter group of the breakers that are not closed, by the label of the target.
MARKS = "breaker"

# A mark says when its target may be tried, but must outlive that time: else nobody would know that it is half
# open. A target that nobody asked for as long as this is closed again.
KEPT = 3600.0


class State(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class Breaker:
    """So many failures within `window` seconds open it for `open` seconds; 0 is off."""

    failures: int = 5
    window: float = 30.0
    open: float = 15.0

    @property
    def on(self) -> bool:
        return self.failures > 0


DEFAULT = Breaker()
OFF = Breaker(failures=0)


def mark_at(now: float, breaker: Breaker) -> float:
    """The end of the mark of a breaker that opens now."""
    return now + breaker.open + KEPT


def tried_from(mark: float) -> float:
    """When the target of a mark may be tried again."""
    return mark - KEPT


def state(mark: float | None, now: float) -> State:
    if mark is None or mark <= now:
        return State.CLOSED
    return State.OPEN if now < tried_from(mark) else State.HALF_OPEN


def failures_key(label: str) -> str:
    """Counter key of a target's failures."""
    return f"failures/{label}"


def probe_key(label: str) -> str:
    """Counter key of the request that tries a target whose breaker is half open."""
    return f"probe/{label}"
