"""Limits as they are compiled: what each takes from the counters is ready but for tokens and dollars."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from engine.ports import AT_ONCE, Take
from engine.spec.limits import ModelLimits, RateLimits


class Kind(StrEnum):
    """What a limit counts."""

    REQUESTS = "requests"
    TOKENS = "tokens"
    CONCURRENCY = "concurrency"
    BUDGET = "budget"


# By themselves, as they are asked for all the time, and to look up a member of an `Enum` is slow.
REQUESTS, TOKENS, CONCURRENCY, BUDGET = Kind


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

    def __hash__(self) -> int:
        """By the name of one: it is looked up for each request."""
        return hash(self.bounds[0].take.key)


# Name in the format, kind, time and its seconds. What is refused most often stands first.
RULES: tuple[tuple[str, Kind, str, float], ...] = (
    ("concurrency", CONCURRENCY, "", AT_ONCE),
    ("rpm", REQUESTS, "minute", 60.0),
    ("rph", REQUESTS, "hour", 3600.0),
    ("rpd", REQUESTS, "day", 86400.0),
    ("tpm", TOKENS, "minute", 60.0),
    ("tph", TOKENS, "hour", 3600.0),
    ("tpd", TOKENS, "day", 86400.0),
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
        bounds.append(Bound(scope, name, BUDGET, budget.per, take))
    return Allowance(tuple(bounds)) if bounds else None
