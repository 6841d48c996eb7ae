"""Which targets are left alone for now: breakers that are open, providers that are unwell.

What is known is shared by all workers, as marks. While nothing is wrong, to ask costs one look.
"""

from __future__ import annotations

from typing import NamedTuple

from engine.errors import ErrorInfo
from engine.gateway.outside import Outside
from engine.gateway.plan import Place
from engine.routing.breaker import (
    FAILURES,
    MARKS,
    Breaker,
    State,
    failures_key,
    mark_at,
    probe_key,
    state,
    tried_from,
)

# Counter group of the providers whose health checks fail, each until the next check at the latest.
UNWELL = "unwell"

OPENS = "proxyctl_breaker_opens_total"
CLOSES = "proxyctl_breaker_closes_total"


class Way(NamedTuple):
    """`until`: when the place may be tried again, None: now. `probe` is the counter key of a trial."""

    until: float | None = None
    probe: str | None = None


FREE = Way()


def breaker_of(place: Place) -> Breaker:
    return place.leg.alias.breaker or place.provider.breaker


def unwell(outside: Outside, provider: str) -> float | None:
    """Until when a provider counts as unwell, None if it does not."""
    until = outside.counters.marks(UNWELL).get(provider)
    return until if until is not None and until > outside.clock.now() else None


def way_to(outside: Outside, place: Place) -> Way:
    """Whether a place may be tried now. Of a breaker that is half open, one request at a time hears yes."""
    counters = outside.counters
    if place.provider.health is not None:
        until = unwell(outside, place.provider.name)
        if until is not None:
            return Way(until)
    mark = counters.marks(MARKS).get(place.label)
    if mark is None or not breaker_of(place).on:
        return FREE
    now = outside.clock.now()
    if state(mark, now) is State.HALF_OPEN:
        return _probe(outside, place, mark)
    return Way(tried_from(mark)) if state(mark, now) is State.OPEN else FREE


def _probe(outside: Outside, place: Place, mark: float) -> Way:
    """Whoever finds itself alone tries. The mark is read again: another trial may just have ended."""
    counters, key = outside.counters, probe_key(place.label)
    counters.begin(key)
    if counters.busy(key) == 1:
        again = counters.marks(MARKS).get(place.label)
        if again == mark:
            return Way(probe=key)
        if again is None:
            counters.end(key)
            return FREE
    counters.end(key)
    return Way(max(tried_from(mark), outside.clock.now()))


def is_open(outside: Outside, place: Place) -> bool:
    """Whether the breaker is not closed."""
    mark = outside.counters.marks(MARKS).get(place.label)
    return mark is not None and breaker_of(place).on and state(mark, outside.clock.now()) is not State.CLOSED


def failed(
    outside: Outside, label: str, provider: str, breaker: Breaker, error: ErrorInfo, *, tried: bool
) -> None:
    """Count a failure. `tried`: it was that of a trial, which opens the breaker again at once."""
    if not breaker.on or error.error_class not in FAILURES:
        return
    counters = outside.counters
    if not tried and counters.count(failures_key(label), breaker.window) < breaker.failures:
        return
    mark, now = counters.marks(MARKS).get(label), outside.clock.now()
    if not tried and state(mark, now) is not State.CLOSED:
        return  # a straggler, or a last resort
    counters.mark(MARKS, label, mark_at(now, breaker))
    if not tried:
        outside.telemetry.counter(OPENS, {"provider": provider, "target": label}).add()
        outside.telemetry.log("warning", "breaker opened", {"target": label, "seconds": breaker.open})


def recovered(outside: Outside, label: str, provider: str, breaker: Breaker) -> None:
    """A trial succeeded: all may come again, and what failed before counts no more."""
    counters = outside.counters
    counters.clear(MARKS, label)
    key = failures_key(label)
    counters.count(key, breaker.window, -counters.count(key, breaker.window, 0.0))
    outside.telemetry.counter(CLOSES, {"provider": provider, "target": label}).add()
    outside.telemetry.log("info", "breaker closed", {"target": label})
