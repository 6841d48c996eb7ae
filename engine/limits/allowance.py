"""Limits as they are compiled: what each takes from the counters is ready but for tokens and dollars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from engine.limits.period import period
from engine.ports import AT_ONCE, Take
from engine.spec.limits import ModelLimits, RateLimits


class Kind(StrEnum):
    """What a limit counts."""

    REQUESTS = "requests"
    TOKENS = "tokens"
    CONCURRENCY = "concurrency"
    BUDGET = "budget"


COUNTED = (Kind.TOKENS, Kind.BUDGET)


class Bound(NamedTuple):
    """One limit. `scope` and `name` say whose, `per` in which time.

    `queue` and `wait`: how many may wait for it, and for how many seconds.
    """

    scope: str
    name: str
    kind: Kind
    per: str
    take: Take
    queue: int = 0
    wait: float = 0.0

    @property
    def key(self) -> str:
        return self.take.key


@dataclass(frozen=True, slots=True)
class Allowance:
    """The limits of one client, group, model, provider or credential."""

    bounds: tuple[Bound, ...]


# Name in the format, kind, time and its seconds. What is refused most often stands first.
RULES: tuple[tuple[str, Kind, str, float], ...] = (
    ("concurrency", Kind.CONCURRENCY, "", AT_ONCE),
    ("rpm", Kind.REQUESTS, "minute", 60.0),
    ("rph", Kind.REQUESTS, "hour", 3600.0),
    ("rpd", Kind.REQUESTS, "day", 86400.0),
    ("tpm", Kind.TOKENS, "minute", 60.0),
    ("tph", Kind.TOKENS, "hour", 3600.0),
    ("tpd", Kind.TOKENS, "day", 86400.0),
)

# For a provider or a model that says nothing about it.
QUEUE, WAIT = 100, 10.0
WAITED_FOR = ("model", "provider", "credential")


def allowance(scope: str, name: str, declared: RateLimits | None) -> Allowance | None:
    """None when nothing is limited. Keys of counters are made of scope and name, so a reload goes on."""
    if declared is None:
        return None
    queue, wait = (QUEUE, WAIT) if scope in WAITED_FOR else (0, 0.0)
    if isinstance(declared, ModelLimits):
        queue, wait = declared.queue, declared.wait
    bounds = [
        Bound(scope, name, kind, per, Take(f"{scope}/{name}/{key}", float(limit), seconds), queue, wait)
        for key, kind, per, seconds in RULES
        if (limit := getattr(declared, key)) is not None
    ]
    budget = declared.budget
    if budget is not None:
        take = Take(f"{scope}/{name}/budget/{budget.per}", budget.usd, 0.0)
        bounds.append(Bound(scope, name, Kind.BUDGET, budget.per, take))
    return Allowance(tuple(bounds)) if bounds else None


def takes(bounds: Sequence[Bound], tokens: int, dollars: float, now: float) -> list[Take]:
    """What to take for a request that is expected to come to so many tokens and dollars.

    More tokens than the limit itself are taken as the limit: such a request is let in when nothing else is.
    """
    return [_take(bound, tokens, dollars, now) for bound in bounds]


def _take(bound: Bound, tokens: int, dollars: float, now: float) -> Take:
    take = bound.take
    if bound.kind is Kind.TOKENS:
        return Take(take.key, take.limit, take.window, min(float(tokens), take.limit))
    if bound.kind is Kind.BUDGET:
        since, seconds = period(bound.per, now)
        return Take(take.key, take.limit, seconds, dollars, since)
    return take


def used(bounds: Sequence[Bound], taken: Sequence[Take], tokens: float, dollars: float) -> list[float]:
    """What was really used of each take, for `Counters.settle`."""
    return [_used(bound, take, tokens, dollars) for bound, take in zip(bounds, taken, strict=True)]


def _used(bound: Bound, take: Take, tokens: float, dollars: float) -> float:
    if bound.kind is Kind.TOKENS:
        return tokens
    return dollars if bound.kind is Kind.BUDGET else take.amount
