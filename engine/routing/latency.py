"""How soon targets answered of late. What one worker saw, kept in its memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import exp, inf

# A new figure counts for this much at least; the older the last one is, the more.
NEW = 0.3
# Seconds in which what was known loses its weight.
DECAY = 30.0
# After so many seconds without news nothing is known any more: the target is tried again.
FORGET = 300.0
# What only failed is left alone for so long, unless others are worse; the breaker may say more.
AVOID = 30.0
# While one request tries an unknown target, others go elsewhere, but not for ever.
TRYING = 10.0

KEPT = 10_000

# A stream begins long before a whole answer is there, so they are told apart.
STREAM, WHOLE = "stream", "whole"
Timed = tuple[str, str]


@dataclass(slots=True)
class Seen:
    """`seconds` is infinite while nothing but a trial or a failure is known; then it holds `until`."""

    seconds: float
    at: float
    until: float


@dataclass(slots=True)
class Latencies:
    """By the label of a target and the kind of its answers. Bounded: the oldest give way."""

    _seen: dict[Timed, Seen] = field(default_factory=dict)

    def of(self, name: Timed, now: float) -> float | None:
        """Seconds to the first token; infinite while it is tried or has only failed; None: not known."""
        seen = self._seen.get(name)
        return None if seen is None or seen.until <= now else seen.seconds

    def trying(self, name: Timed, now: float) -> None:
        """A request is about to find out."""
        self._put(name, Seen(inf, now, now + TRYING))

    def observe(self, name: Timed, seconds: float, now: float) -> None:
        known = self.of(name, now)
        if known is not None and known != inf:
            weight = min(1 - NEW, exp((self._seen[name].at - now) / DECAY))
            seconds += weight * (known - seconds)
        self._put(name, Seen(seconds, now, now + FORGET))

    def failed(self, name: Timed, waited: float, now: float) -> None:
        """A failure says no more than that the answer would have taken longer than one has waited."""
        known = self.of(name, now)
        if known is None or known == inf:
            self._put(name, Seen(inf, now, now + AVOID))
        elif waited > known:
            self.observe(name, waited, now)

    def known(self, now: float) -> Iterator[tuple[Timed, float]]:
        """All that were timed of late."""
        for name, seen in self._seen.items():
            if seen.until > now and seen.seconds != inf:
                yield name, seen.seconds

    def _put(self, name: Timed, seen: Seen) -> None:
        self._seen.pop(name, None)
        self._seen[name] = seen
        while len(self._seen) > KEPT:
            del self._seen[next(iter(self._seen))]
