"""What is noted of a request's attempts: for breakers, and where a strategy wants to know, times and load."""

from __future__ import annotations

from collections.abc import Callable

from engine.errors import ErrorInfo
from engine.gateway import gate
from engine.gateway.moment import busy_key, timed_name
from engine.gateway.outside import Outside
from engine.gateway.plan import Place
from engine.routing.breaker import FAILURES
from engine.routing.failover import UNSENT, Stage
from engine.routing.latency import Latencies
from engine.snapshot.model import Watched

NOTHING: tuple[str, ...] = ()


class Watch:
    """Of one request: `begin` with each attempt, then `failed` or `answered`, in the end `close`."""

    __slots__ = ("_began", "_held", "_latencies", "_outside", "_trial", "_watched")

    def __init__(self, outside: Outside, latencies: Latencies, watched: Watched) -> None:
        self._outside = outside
        self._latencies = latencies
        self._watched = watched
        self._held = NOTHING
        self._trial: Place | None = None
        self._began: float | None = None

    def begin(self, place: Place, delay: float) -> None:
        name = place.provider.name
        if name in self._watched.busy:
            key = busy_key(place.label)
            self._outside.counters.begin(key)
            self._held += (key,)
        if name in self._watched.timed:
            self._began = self._outside.clock.monotonic() + delay

    def hold(self, place: Place, probe: str) -> None:
        """The attempt at a place is the trial of its breaker, and nobody else's meanwhile."""
        self._trial = place
        self._held += (probe,)

    def suspect(self, place: Place) -> None:
        """A place is tried though it is left alone: how that goes is news for its breaker."""
        if gate.is_open(self._outside, place):
            self._trial = place

    def failed(self, place: Place, stage: Stage, info: ErrorInfo) -> None:
        if stage not in UNSENT:
            self._judge(place, info)
            if self._began is not None:
                now = self._outside.clock.monotonic()
                self._latencies.failed(timed_name(place), now - self._began, now)
        self.close()

    def answered(self, place: Place) -> None:
        if self._trial is not None:
            gate.recovered(self._outside, place.label, place.provider.name, gate.breaker_of(place))
        if self._began is not None:
            now = self._outside.clock.monotonic()
            self._latencies.observe(timed_name(place), now - self._began, now)

    def ending(self, place: Place) -> Callable[[ErrorInfo | None], None]:
        """To be told how a stream ended. It takes over what is held, and holds nothing of the request."""
        outside, label, provider = self._outside, place.label, place.provider.name
        breaker, key, held = gate.breaker_of(place), busy_key(place.label), self._held
        self._held = tuple(each for each in held if each != key)
        held = tuple(each for each in held if each == key)

        def ended(info: ErrorInfo | None) -> None:
            for key in held:
                outside.counters.end(key)
            if info is not None:
                gate.failed(outside, label, provider, breaker, info, tried=False)

        return ended

    def close(self) -> None:
        held, self._held = self._held, NOTHING
        for key in held:
            self._outside.counters.end(key)
        self._trial = self._began = None

    def _judge(self, place: Place, info: ErrorInfo) -> None:
        """An upstream that answers, were it to refuse, is there."""
        breaker, provider = gate.breaker_of(place), place.provider.name
        tried = self._trial is place
        if tried and info.error_class not in FAILURES:
            gate.recovered(self._outside, place.label, provider, breaker)
        else:
            gate.failed(self._outside, place.label, provider, breaker, info, tried=tried)
