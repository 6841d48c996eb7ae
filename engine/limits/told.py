"""How limits are told: errors in words, the `x-ratelimit-…` headers, and tables for people."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from engine.errors import ErrorClass, ErrorInfo
from engine.limits.allowance import BUDGET, CONCURRENCY, REQUESTS, TOKENS, Bound

RATE_LIMITED, OUT_OF_QUOTA, NO_PLACE = "rate_limit_exceeded", "insufficient_quota", "no_place_free"
# When a place is free again nobody knows; clients are told to come back soon.
SOON = 1.0
# The headers of a kind, and the kinds that have some.
LIMIT, LEFT, RESET = "x-ratelimit-limit-{}", "x-ratelimit-remaining-{}", "x-ratelimit-reset-{}"
TOLD = (REQUESTS, TOKENS)


class Standing(NamedTuple):
    """One limit at a moment. `reset`: seconds until as much is free again; None: nobody knows."""

    bound: Bound
    used: float
    reset: float | None

    @property
    def left(self) -> float:
        left = self.bound.take.limit - self.used
        return left if left > 0.0 else 0.0


class Line(NamedTuple):
    """A limit as headers tell it: where it stands among its bounds, and what is the same each time."""

    at: int
    limit: float
    names: tuple[str, str, str]
    whole: str
    reset: str


class Telling:
    """How bounds are told in headers: of requests and of tokens the limit that is nearest to its end."""

    __slots__ = ("_kinds",)

    def __init__(self, bounds: Sequence[Bound]) -> None:
        kinds = [[_line(at, bound) for at, bound in enumerate(bounds) if bound.kind is kind] for kind in TOLD]
        self._kinds = tuple((lines[0], lines[1:]) for lines in kinds if lines)

    def headers(self, used: Sequence[float]) -> dict[str, str]:
        """`used` of each bound, now that something was taken of it: all is free again after its window."""
        told: dict[str, str] = {}
        for line, others in self._kinds:
            if others:
                line = min((line, *others), key=lambda line: _share(line, used))
            at, limit, (limit_name, left_name, reset_name), whole, reset = line
            left = limit - used[at]
            told[limit_name] = whole
            told[left_name] = str(int(left)) if left > 0.0 else "0"
            told[reset_name] = reset
        return told


def _line(at: int, bound: Bound) -> Line:
    kind, limit = bound.kind, bound.take.limit
    names = (LIMIT.format(kind), LEFT.format(kind), RESET.format(kind))
    return Line(at, limit, names, str(int(limit)), duration(bound.take.window))


def _share(line: Line, used: Sequence[float]) -> float:
    return max(line.limit - used[line.at], 0.0) / line.limit


def refused_headers(standing: Standing) -> dict[str, str]:
    """The same of the limit that did not let a request in."""
    bound, used, reset = standing
    told = Telling((bound,)).headers([used])
    return {**told, RESET.format(bound.kind): duration(reset or 0.0)} if told else told


@lru_cache(maxsize=256)
def duration(seconds: float) -> str:
    """Whole seconds, never too few: `1s`, `6m0s`, `24h0m0s`."""
    whole = math.ceil(seconds - 1e-6)
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
    if hours:
        return f"{hours}h{minutes}m{rest}s"
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"


def refusal(bound: Bound, wait: float | None) -> ErrorInfo:
    """The error for a client whose request does not fit into a limit."""
    retry_after = wait if wait is not None and wait != math.inf else None
    if bound.kind is BUDGET:
        return ErrorInfo(
            ErrorClass.QUOTA, f"{_whose(bound)} is used up{_until(wait)}", OUT_OF_QUOTA, None, retry_after
        )
    message = f"{_whose(bound)} is reached{_until(wait)}"
    if bound.kind is CONCURRENCY and bound.scope not in ("client", "group"):
        return ErrorInfo(ErrorClass.OVERLOADED, message, NO_PLACE, None, SOON)
    return ErrorInfo(
        ErrorClass.RATE_LIMIT, message, RATE_LIMITED, None, SOON if wait is None else retry_after
    )


def _whose(bound: Bound) -> str:
    return f"the limit of {bound.scope} {bound.name!r}, {words(bound)},"


def words(bound: Bound) -> str:
    """`60 requests a minute`."""
    limit = bound.take.limit
    if bound.kind is BUDGET:
        return f"${limit:g} in all" if bound.per == "total" else f"${limit:g} {_a(bound.per)}"
    if bound.kind is CONCURRENCY:
        return f"{limit:.0f} {'request' if limit == 1 else 'requests'} at the same time"
    noun = bound.kind.value if limit != 1 else bound.kind.value.removesuffix("s")
    return f"{limit:.0f} {noun} {_a(bound.per)}"


def _a(per: str) -> str:
    return f"an {per}" if per == "hour" else f"a {per}"


def _until(wait: float | None) -> str:
    if wait is None or wait == math.inf:
        return ""
    return f"; try again in {duration(wait)}"


def rows(standings: Sequence[Standing]) -> list[Mapping[str, object]]:
    """For people and machines: `{scope, name, limit, kind, per, used, left, reset}`, in order."""
    return [
        {
            "scope": standing.bound.scope,
            "name": standing.bound.name,
            "kind": standing.bound.kind.value,
            "per": standing.bound.per or None,
            "limit": standing.bound.take.limit,
            "used": round(standing.used, 6),
            "left": round(standing.left, 6),
            "reset": None if standing.reset in (None, math.inf) else round(standing.reset or 0.0, 1),
        }
        for standing in standings
    ]
