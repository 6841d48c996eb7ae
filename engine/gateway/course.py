"""The course of one request: which attempt is next, read from the failover table.

Synchronous: it decides, the caller does. It reads and writes the shared counters and knows the time,
but sends nothing and waits for nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from engine.credentials.model import Credential
from engine.errors import EngineError, EngineUnavailable, ErrorClass, ErrorInfo, RequestRefused
from engine.gateway.access import caller_credential, missing_key
from engine.gateway.keys import penalise, ranking
from engine.gateway.outside import Outside
from engine.gateway.plan import Place, Skipped, legs, places
from engine.gateway.request import Request
from engine.routing.failover import Budget, RetryBudget, RetryPolicy, Stage, Verdict, backoff, verdicts
from engine.snapshot.model import Provider

# What is wrong with the key itself is wrong wherever it is used; a rate may be limited for one model only.
_ABOUT_THE_KEY = (ErrorClass.AUTH, ErrorClass.QUOTA)


@dataclass(frozen=True, slots=True)
class Move:
    """One attempt to make, after `delay` seconds."""

    place: Place
    credential: Credential | None
    delay: float = 0.0

    @property
    def provider(self) -> Provider:
        return self.place.target.provider

    @property
    def retry(self) -> RetryPolicy:
        return self.place.leg.alias.retry or self.provider.retry


class Course:
    """Made for one request: `first`, then `after` each failure, until None: that failure is the answer."""

    def __init__(self, request: Request, outside: Outside, savings: dict[str, RetryBudget]) -> None:
        self._request = request
        self._outside = outside
        self._savings = savings
        self._legs = legs(request)
        self._queue: list[Place] = []
        self._ready: list[Credential] = []
        self._resting: list[tuple[float, Place, Credential]] = []
        self._refused: set[tuple[str, str]] = set()
        self._skipped: list[Skipped] = []
        self._budget = Budget()

    @property
    def attempts(self) -> int:
        return self._budget.calls

    def first(self) -> Move:
        """The first attempt. Raises `EngineError` when there is none to make."""
        move = self._fallback() or self._last_resort()
        if move is None:
            raise nothing_to_try(self._request.model, self._skipped)
        total = move.provider.timeouts.total
        self._budget.deadline = None if total is None else self._outside.clock.monotonic() + total
        return self._counted(move, new=True)

    def after(self, move: Move, stage: Stage, info: ErrorInfo) -> Move | None:
        """What follows the failure of `move`: the next attempt, or None."""
        if stage is not Stage.MAPPING:
            self._penalise(move, info)
        if not self._budget.may_call(self._outside.clock.monotonic()):
            return None
        moves = self._moves(move, info)
        for verdict in verdicts(stage, info.error_class):
            following = moves[verdict]()
            if following is not None:
                return self._counted(following, new=following.place is not move.place)
        return None

    def _moves(self, move: Move, info: ErrorInfo) -> dict[Verdict, Callable[[], Move | None]]:
        return {
            Verdict.RETRY_SAME: lambda: self._repeat(move, info),
            Verdict.NEXT_CREDENTIAL: lambda: self._next_credential(move.place),
            Verdict.NEXT_TARGET: self._next_target,
            Verdict.FALLBACK: self._fallback,
            Verdict.LAST_RESORT: self._last_resort,
            Verdict.WAIT_SAME: lambda: self._repeat(move, info) if info.retry_after else None,
            Verdict.FAIL: lambda: None,
        }

    def _counted(self, move: Move, *, new: bool) -> Move:
        self._budget.calls += 1
        if new:
            self._saved(move).deposit(move.retry.budget)
        return move

    def _saved(self, move: Move) -> RetryBudget:
        return self._savings.setdefault(move.provider.name, RetryBudget())

    def _repeat(self, move: Move, info: ErrorInfo) -> Move | None:
        policy, place = move.retry, move.place
        made = self._budget.repetitions(place)
        if made + 1 >= policy.attempts or policy.budget <= 0 or not self._saved(move).has():
            return None
        delay = backoff(policy, made, self._outside.entropy.random(), info.retry_after)
        if delay is None or not self._budget.may_call(self._outside.clock.monotonic() + delay):
            return None
        self._budget.spend_repetition(place)
        self._saved(move).withdraw()
        return replace(move, delay=delay)

    def _next_credential(self, place: Place) -> Move | None:
        pool = place.target.provider.pool
        while self._ready and pool is not None:
            credential = self._ready.pop(0)
            if (pool.name, credential.id) not in self._refused:
                return Move(place, credential)
        return None

    def _next_target(self) -> Move | None:
        while self._queue:
            move = self._enter(self._queue.pop(0))
            if move is not None:
                return move
        return None

    def _fallback(self) -> Move | None:
        """The first attempt of the next leg that has one to make now."""
        for leg in self._legs:
            self._queue, skipped = places(self._request, leg, self._outside.entropy.random)
            self._skipped += skipped
            move = self._next_target()
            if move is not None:
                return move
        return None

    def _last_resort(self) -> Move | None:
        """The place whose credential is nearest the end of its rest; each place once."""
        self._resting = [each for each in self._resting if not self._is_refused(each[1], each[2])]
        if not self._resting:
            return None
        nearest = min(self._resting, key=lambda each: each[0])
        self._resting.remove(nearest)
        return Move(nearest[1], nearest[2])

    def _is_refused(self, place: Place, credential: Credential) -> bool:
        pool = place.target.provider.pool
        return pool is not None and (pool.name, credential.id) in self._refused

    def _enter(self, place: Place) -> Move | None:
        """The first attempt at a place, or None when no credential is at hand."""
        provider = place.target.provider
        self._ready = []
        if provider.caller_credential:
            return self._with_callers_key(place)
        if provider.pool is None:
            return Move(place, None)
        generation = self._request.snapshot.generation
        ranked = ranking(self._outside, provider.pool, place.model, generation)
        if ranked.cooling:
            until, credential = ranked.cooling[0]
            self._resting.append((until, place, credential))
        self._ready = list(ranked.ready)
        move = self._next_credential(place)
        if move is None and not ranked.cooling:
            reason = f"pool {provider.pool.name!r} has no usable credential for {place.model!r}"
            self._skipped.append(Skipped(provider.name, "credential", reason))
        return move

    def _with_callers_key(self, place: Place) -> Move | None:
        key = caller_credential(self._request.inbound.headers, self._request.client)
        if key is None:
            self._skipped.append(Skipped(place.target.provider.name, "caller", "the request brings no key"))
            return None
        return Move(place, key)

    def _penalise(self, move: Move, info: ErrorInfo) -> None:
        pool, credential = move.provider.pool, move.credential
        penalise(self._outside, pool, credential, info, self._request.snapshot.generation)
        if pool and credential and info.error_class in _ABOUT_THE_KEY:
            self._refused.add((pool.name, credential.id))


def nothing_to_try(model: str, skipped: list[Skipped]) -> EngineError:
    """The error for a request that no target could even be tried for; the reasons are never secret."""
    if any(each.cause == "caller" for each in skipped):
        message = f"{model!r} is served with your own key; send it as `x-api-key` or `authorization`"
        return missing_key(message)
    told = "; ".join(f"{each.provider}: {each.reason}" for each in skipped) or "it has no targets"
    if skipped and all(each.cause == "when" for each in skipped):
        return RequestRefused(f"no target of {model!r} takes this request ({told})", code="no_target")
    return EngineUnavailable(f"no target of {model!r} can be used now ({told})", code="no_target")
