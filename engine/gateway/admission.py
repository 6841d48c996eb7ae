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
from engine.limits.allowance import COUNTED, REQUESTS, Allowance, Bound, takes, used
from engine.limits.told import Standing, headers, new_standing, refusal
from engine.ports import AT_ONCE, Take, Taken
from engine.routing.price import Price
from engine.snapshot.model import Alias, Provider

REFUSALS = "proxyctl_limit_refusals_total"

NONE: tuple[Allowance, ...] = ()
NO_BOUNDS: tuple[Bound, ...] = ()


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
    """Bounds, and what was taken of them."""

    bounds: tuple[Bound, ...]
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
        "_attempt", "_kept", "_measure", "_outside", "_own", "_own_bounds", "_own_refused", "_size", "_told",
        "waiter",
    )  # fmt: skip

    def __init__(self, outside: Outside, own: Sequence[Allowance], size: Callable[[], Size]) -> None:
        self._outside = outside
        self._own_bounds = _bounds(own)
        self._measure: Callable[[], Size] | None = size
        self._size: Size | None = None
        self._own: Held | None = None
        self._own_refused: Standing | None = None
        self._told: Held | None = None
        self._attempt: Held | None = None
        self._kept = False
        self.waiter: Waiter | None = None

    async def enter(self, allowances: Sequence[Allowance], price: Price | None) -> Refused | None:
        """None when the attempt may be made. Raises `EngineError` for a limit of the request's own."""
        own = self._own_bounds if self._own is None else ()
        bounds = own + _bounds(allowances)
        if not bounds:
            return None
        outside = self._outside
        wanted = self._takes(bounds, price)
        lines = outside.waiting.lines
        index = outside.waiting.ahead(wanted[len(own) :], self.waiter) if lines else None
        if index is not None:
            return self._refused(bounds[len(own) + index], None, bounds[len(own) + index].take.limit, own)
        taken = await outside.counters.take(wanted)
        if taken.refused is not None:
            return self._refused(bounds[taken.refused], taken.wait, taken.used[-1], own)
        if not own:
            self._attempt = new_held((bounds, taken))
        elif not allowances:
            self._own = new_held((own, taken))
        else:
            count = len(own)
            self._own = new_held((own, _part(taken, slice(0, count))))
            self._attempt = new_held((bounds[count:], _part(taken, slice(count, None))))
        return None

    def _takes(self, bounds: Sequence[Bound], price: Price | None) -> Sequence[Take]:
        """What the attempt needs; it is measured only where tokens or dollars are counted."""
        for bound in bounds:
            if bound.kind in COUNTED:
                break
        else:
            return [bound.take for bound in bounds]
        if self._size is None:
            self._size = self._measure() if self._measure else NOTHING
        size = self._size
        dollars = price.cost({"input": size.prompt, "visible": size.answer}) if price else None
        return takes(bounds, size.prompt + size.answer, dollars or 0.0, self._outside.clock.now())

    def _refused(self, bound: Bound, wait: float | None, have: float, own: Sequence[Bound]) -> Refused:
        info = refusal(bound, wait)
        labels = {"scope": bound.scope, "owner": bound.name, "kind": bound.kind.value}
        self._outside.telemetry.counter(REFUSALS, labels).add()
        if bound in own:
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

    def end(self, usage: Mapping[str, Any] | None, price: Price | None, *, answered: bool) -> None:
        """What was really used. An answer that nobody has counted is taken to have used the prompt."""
        if self._own is None and self._attempt is None:
            return
        prompt = self._size.prompt if self._size and answered else 0
        tokens = usage.get("total", 0) if usage else prompt
        dollars = price.cost(usage) if price and usage else None
        own, self._own = self._own, None
        attempt, self._attempt = self._attempt, None
        self._told = own
        if own and attempt:
            own = Held(own.bounds + attempt.bounds, _joined(own.taken, attempt.taken))
        self._settle(own or attempt, tokens, dollars or 0.0)

    def _settle(self, held: Held | None, tokens: float, dollars: float) -> None:
        if held is None or all(bound.kind is REQUESTS for bound in held.bounds):
            return  # requests stay counted
        outside = self._outside
        outside.counters.settle(held.taken, used(held.bounds, held.taken.takes, tokens, dollars))
        if outside.waiting.lines:
            outside.waiting.freed([take.key for take in held.taken.takes if take.window == AT_ONCE])

    def headers(self) -> Mapping[str, str]:
        """`x-ratelimit-…`, of the limits that are the request's own."""
        if self._own_refused is not None:
            return headers([self._own_refused])
        held = self._own or self._told
        if held is None:
            return {}
        bounds, taken = held
        return headers(
            [
                new_standing((bound, have, take.window))
                for bound, take, have in zip(bounds, taken.takes, taken.used, strict=True)
            ]
        )


def _bounds(allowances: Sequence[Allowance]) -> tuple[Bound, ...]:
    if not allowances:
        return NO_BOUNDS
    if len(allowances) == 1:
        return allowances[0].bounds
    return tuple(bound for each in allowances for bound in each.bounds)


def _part(taken: Taken, part: slice) -> Taken:
    return Taken(taken.takes[part], taken.used[part], marks=taken.marks[part])


def _joined(one: Taken, other: Taken) -> Taken:
    return Taken([*one.takes, *other.takes], (), marks=[*one.marks, *other.marks])


async def standing(outside: Outside, allowances: Sequence[Allowance]) -> list[Standing]:
    """Where these limits stand now, for people to see."""
    now, bounds = outside.clock.now(), _bounds(allowances)
    wanted = takes(bounds, 0, 0.0, now)
    have = await outside.counters.used(wanted)
    return [
        Standing(bound, used, _reset(take, now))
        for bound, take, used in zip(bounds, wanted, have, strict=True)
    ]


def _reset(take: Take, now: float) -> float | None:
    if take.since is not None:
        return take.since + take.window - now
    return None if take.window == AT_ONCE else take.window
