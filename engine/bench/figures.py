"""What a case found: samples, their middle and spread, and the table that tells them."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from engine.bench.plan import Result

MICRO = 1e6


@dataclass(frozen=True, slots=True)
class Sample:
    """One run: the CPU seconds that the server spent on it, and what the load generator saw.

    `waited`: seconds in which the server wanted a core that another program had.
    """

    cpu: float
    result: Result
    waited: float = 0.0

    @property
    def per_request(self) -> float:
        """Microseconds of CPU."""
        return self.cpu / max(self.result.requests, 1) * MICRO

    @property
    def per_event(self) -> float:
        """Microseconds of CPU; the request's own part is in it, spread over its events."""
        return self.cpu / max(self.result.events, 1) * MICRO


@dataclass(frozen=True, slots=True)
class Range:
    """The median of rounds, and how far they lie apart."""

    middle: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Range:
        seen = list(values)
        return cls(statistics.median(seen), min(seen), max(seen))

    def __str__(self) -> str:
        return f"{number(self.middle)} ({number(self.low)}–{number(self.high)})"


@dataclass(frozen=True)
class Section:
    """A case's table. `figures` are the numbers behind it, by names that budgets and plots know.

    `faults` are answers that were wrong, or did not come: where there are any, the figures mean nothing.
    """

    name: str
    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    figures: Mapping[str, float]
    notes: Sequence[str] = ()
    faults: Sequence[str] = field(default=())


def number(value: float) -> str:
    """With as many digits as tell something: `1,234`, `56.7`, `0.89`."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def unseen(title: str, samples: Iterable[Sample]) -> list[str]:
    """A line when a run was too short for the clock that its CPU time is read from."""
    lost = any(each.cpu <= 0 < each.result.requests for each in samples)
    return [f"{title}: no CPU time was seen; longer runs may show it (--seconds)"] if lost else []


def faults(title: str, results: Iterable[Result]) -> list[str]:
    """A line with an example when answers were wrong, or when there were none."""
    seen = list(results)
    errors, requests = sum(each.errors for each in seen), sum(each.requests for each in seen)
    if errors:
        example = next(example for each in seen for example in each.examples)
        return [f"{title}: {errors} of {requests + errors} answers were wrong, such as: {example}"]
    return [] if requests else [f"{title}: no answer came in time"]
