"""What a request holds of the limits that concern it, from its first attempt to its end.

Those of the client, its groups and the model it asked for are its own: when they do not let it in, it is
refused. Those of a provider or a credential are of one attempt: when they do not, another one is made. All
that are still to be taken are taken at once, or none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from engine.credentials.model import Credential
from engine.errors import EngineError, ErrorInfo
from engine.gateway.outside import Outside
from engine.gateway.waiting import Waiter
from engine.limits.allowance import Allowance, Bound
from engine.limits.together import NO_LIMITS, TOGETHER, Together
from engine.limits.told import Standing, refusal, refused_headers
from engine.ports import AT_ONCE, Take, Taken, new_taken
from engine.routing.price import Price
from engine.snapshot.model import Alias, Provider

REFUSALS = "proxyctl_limit_refusals_total"

NONE: tuple[Allowance, ...] = ()


class Size(NamedTuple):
    """Tokens that a request is expected to come to."""

    prompt: int
    answer: int


def of_attempt(
    outside: Outside, provider: Provider, credential: Credential | None, alias: Alias | None = None
) -> tuple[Allowance, ...]:
    """The limits of one attempt; `alias`: one that the client did not ask for, a fallback."""
    found = NONE if provider.allowance is None else (provider.allowance,)
    if alias is not None and alias.allowance is not None:
        found += (alias.allowance,)
    if credential is not None and credential.limits is not None and provider.pool is not None:
        own = outside.vault.pool(provider.pool).allowances.get(credential.id)
        if own is not None:
            found += (own,)
    return found


NOTHING = Size(0, 0)


class Held(NamedTuple):
    """Limits, and what was taken of them."""

    limits: Together
    taken: Taken


new_held = partial(tuple.__new__, Held)
"""`Held(…)` of a tuple, see `engine.events.new_event`."""


class Refused(NamedTuple):
    """An attempt that a limit does not allow now, and what to tell the client if nothing else is left."""

    bound: Bound
    wait: float | None
    info: ErrorInfo


class Admission:
    """Of one request. `enter` before each attempt, `leave` after one that failed, `end` once."""

    __slots__ = (
        "_attempt", "_kept", "_limits", "_measure", "_outside", "_own", "_own_refused", "_size", "_told",
        "waiter",
    )  # fmt: skip

    def __init__(self, outside: Outside, own: tuple[Allowance, ...], size: Callable[[], Size]) -> None:
        self._outside = outside
        self._limits = TOGETHER[own] if own else NO_LIMITS
        self._measure: Callable[[], Size] | None = size
        self._size: Size | None = None
        self._own: Held | None = None
        self._told: Held | None = None
        self._attempt: Held | None = None
        self._own_refused: Standing | None = None
        self._kept = False
        self.waiter: Waiter | None = None

    async def enter(self, allowances: tuple[Allowance, ...], price: Price | None) -> Refused | None:
        """None when the attempt may be made. Raises `EngineError` for a limit of the request's own."""
        own = self._limits if self._own is None else NO_LIMITS
        limits = TOGETHER[own.allowances + allowances] if allowances else own
        bounds, count = limits.bounds, len(own.bounds)
        if not bounds:
            return None
        outside = self._outside
        wanted = self._takes(limits, price)
        lines = outside.waiting.lines
        index = outside.waiting.ahead(wanted[count:], self.waiter) if lines else None
        if index is not None:
            bound = bounds[count + index]
            return self._refused(bound, None, bound.take.limit, own=False)
        taken = await outside.counters.take(wanted)
        at = taken.refused
        if at is not None:
            return self._refused(bounds[at], taken.wait, taken.used[-1], own=at < count)
        if not count:
            self._attempt = new_held((limits, taken))
        elif not allowances:
            self._own = new_held((own, taken))
        else:
            self._own = new_held((own, _part(taken, slice(0, count))))
            self._attempt = new_held((TOGETHER[allowances], _part(taken, slice(count, None))))
        return None

    def _takes(self, limits: Together, price: Price | None) -> list[Take]:
        """What the attempt needs; it is measured only where tokens or dollars are counted."""
        if not (limits.tokens or limits.dollars):
            return limits.takes(0, 0.0, 0.0)
        size = self._size
        if size is None:
            size = self._size = self._measure() if self._measure else NOTHING
        prompt, answer = size
        if not limits.dollars:
            return limits.takes(prompt + answer, 0.0, 0.0)
        dollars = price.estimate(prompt, answer) if price else None
        return limits.takes(prompt + answer, dollars or 0.0, self._outside.clock.now())

    def _refused(self, bound: Bound, wait: float | None, have: float, *, own: bool) -> Refused:
        info = refusal(bound, wait)
        labels = {"scope": bound.scope, "owner": bound.name, "kind": bound.kind.value}
        self._outside.telemetry.counter(REFUSALS, labels).add()
        if own:
            self._own_refused = Standing(bound, have, wait)
            raise EngineError(info)
        return Refused(bound, wait, info)

    def leave(self) -> None:
        """The attempt failed: it used no tokens, and has no place any more."""
        held, self._attempt = self._attempt, None
        self._settle(held, 0, 0.0)

    def keep(self) -> None:
        """The answer goes on: what is held is held until `end`. Nothing here holds on to the request."""
        self._kept = True
        self._measure = None

    def close(self) -> None:
        """Give back what is held for no answer."""
        if not self._kept:
            self.end(None, None, answered=False)

    def end(self, usage: Mapping[str, Any] | None, cost: float | None, *, answered: bool) -> None:
        """What was really used. An answer that nobody has counted is taken to have used the prompt, and no
        dollars, whatever it costs."""
        own, attempt = self._own, self._attempt
        if own is None and attempt is None:
            return
        self._told, self._own, self._attempt = own, None, None
        size = self._size
        prompt = size.prompt if size is not None and answered else 0
        tokens = usage.get("total", 0) if usage else prompt
        held = _joined(own, attempt) if own and attempt else own or attempt
        self._settle(held, tokens, cost or 0.0 if usage else 0.0)

    def _settle(self, held: Held | None, tokens: float, dollars: float) -> None:
        if held is None or not held.limits.settled:
            return
        limits, taken = held
        outside = self._outside
        outside.counters.settle(taken, limits.used(tokens, dollars))
        if outside.waiting.lines:
            outside.waiting.freed([take.key for take in taken.takes if take.window == AT_ONCE])

    def headers(self) -> Mapping[str, str]:
        """`x-ratelimit-…`, of the limits that are the request's own."""
        if self._own_refused is not None:
            return refused_headers(self._own_refused)
        held = self._own or self._told
        return held.limits.telling.headers(held.taken.used) if held is not None else {}


def _part(taken: Taken, part: slice) -> Taken:
    return new_taken((taken.takes[part], taken.used[part], None, None, taken.marks[part]))


def _joined(own: Held, attempt: Held) -> Held:
    """To be settled in one call."""
    (limits, one), (others, other) = own, attempt
    taken = new_taken(([*one.takes, *other.takes], (), None, None, [*one.marks, *other.marks]))
    return new_held((TOGETHER[limits.allowances + others.allowances], taken))


async def standing(outside: Outside, allowances: Sequence[Allowance]) -> list[Standing]:
    """Where these limits stand now, for people to see."""
    now, limits = outside.clock.now(), Together(tuple(allowances))
    wanted = limits.takes(0, 0.0, now)
    have = await outside.counters.used(wanted)
    return [
        Standing(bound, used, _reset(take, now))
        for bound, take, used in zip(limits.bounds, wanted, have, strict=True)
    ]


def _reset(take: Take, now: float) -> float | None:
    if take.since is not None:
        return take.since + take.window - now
    return None if take.window == AT_ONCE else take.window
