"""The course of one request: which attempt is next, read from the failover table.

Synchronous: it decides, the caller does. It reads and writes the shared counters and knows the time,
but sends nothing and waits for nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from math import inf
from typing import Any, NamedTuple

from engine.credentials.model import Credential
from engine.errors import EngineError, EngineUnavailable, ErrorClass, ErrorInfo, RequestRefused
from engine.gateway.access import GIVEN, caller_credential, missing_key
from engine.gateway.experience import Experience
from engine.gateway.gate import is_open, way_to
from engine.gateway.keys import penalise, ranking
from engine.gateway.moment import Moment
from engine.gateway.outside import Outside
from engine.gateway.plan import Leg, Place, Skipped, legs, places
from engine.gateway.request import Request
from engine.gateway.room import Room
from engine.gateway.watch import Watch
from engine.routing.breaker import MARKS
from engine.routing.failover import (
    MAX_ATTEMPTS,
    MAX_CREDENTIALS,
    UNSENT,
    Stage,
    Verdict,
    backoff,
    verdicts,
)
from engine.snapshot.model import NOT_WATCHED, CallerKey
from engine.surfaces.media import Fetched

RETRIES = "proxyctl_retries_total"

# What is wrong with the key itself is wrong wherever it is used; a rate may be limited for one model only.
_ABOUT_THE_KEY = (ErrorClass.AUTH, ErrorClass.QUOTA)


NOTHING: Iterator[Any] = iter(())
NONE_REFUSED: frozenset[tuple[str, str]] = frozenset()
NONE_REPEATED: Mapping[Place, int] = {}


class Move:
    """One attempt to make, after `delay` seconds."""

    __slots__ = ("credential", "delay", "place", "provider", "retry")

    def __init__(self, place: Place, credential: Credential | None, delay: float = 0.0) -> None:
        self.place = place
        self.provider = place.provider
        self.credential = credential
        self.delay = delay
        self.retry = place.leg.alias.retry or place.provider.retry


class Resting(NamedTuple):
    """Left for the last resort: a place, and the credential that cools; None: it is shut as a whole."""

    until: float
    place: Place
    credential: Credential | None = None


class Course:
    """Made for one request: `first`, then `after` each failure, until None: that failure is the answer.

    `attempts` are calls in all, `fetched` is what they fetched, by URL. Another target has time of its own: a
    request does not fail while one is left. `watch` is None as long as there is nothing to note. Who
    has one tells it of the answer, and closes it in the end, whatever came.
    """

    __slots__ = (
        "_deadline", "_experience", "_legs", "_outside", "_places", "_ready", "_refused", "_repeated",
        "_request", "_resting", "_room", "_skipped", "_watched", "attempts", "fetched", "watch",
    )  # fmt: skip

    def __init__(self, request: Request, outside: Outside, experience: Experience) -> None:
        self._request = request
        self._outside = outside
        self._experience = experience
        self._legs: Iterator[Leg] = NOTHING
        self._places: Iterator[Place] = NOTHING
        self._ready: Iterator[Credential] = NOTHING
        self._resting: list[Resting] = []
        self._refused = NONE_REFUSED
        self._skipped: list[Skipped] = []
        self._repeated = NONE_REPEATED
        self._deadline: float | None = None  # after it, no new attempt at the same target begins
        self._room: Room | None = None
        self._watched = request.snapshot.watched
        self.attempts = 0
        self.fetched: dict[str, Fetched] = {}
        self.watch: Watch | None = None

    def first(self) -> Move:
        """The first attempt. Raises `EngineError` when there is none to make."""
        self._legs = legs(self._request)
        move = self._fallback() or self._last_resort()
        if move is None:
            raise nothing_to_try(self._request.model, self._skipped)
        return self._counted(move, new=True)

    def after(self, move: Move, stage: Stage, info: ErrorInfo) -> Move | None:
        """What follows the failure of `move`: the next attempt, or None."""
        self._noting().failed(move.place, stage, info)
        if stage not in UNSENT:
            self._penalise(move, info)
        if self.attempts >= MAX_ATTEMPTS:
            return None
        moves = self._moves(move, info)
        for verdict in verdicts(stage, info.error_class):
            following = moves[verdict]()
            if following is not None:
                return self._counted(following, new=following.place is not move.place)
        return None

    def again(self, move: Move) -> None:
        """A move that was refused for lack of a place is made after all."""
        if self._watched is not None:
            self._noting().begin(move.place, 0.0)

    def ending(self, move: Move) -> Callable[[ErrorInfo | None], None]:
        """To be told how a stream ended: of an error nothing follows. Holds nothing of the request."""
        ended = self._noting().ending(move.place)
        outside, pool, credential = self._outside, move.provider.pool, move.credential

        def told(info: ErrorInfo | None) -> None:
            ended(info)
            if info is not None:
                penalise(outside, pool, credential, info)

        return told

    def _moves(self, move: Move, info: ErrorInfo) -> dict[Verdict, Callable[[], Move | None]]:
        return {
            Verdict.RETRY_SAME: lambda: self._retry(move, info),
            Verdict.NEXT_CREDENTIAL: lambda: self._another_key(move.place),
            Verdict.MORE_ROOM: lambda: self._more_room(move.place),
            Verdict.NEXT_TARGET: self._next_target,
            Verdict.FALLBACK: self._fallback,
            Verdict.LAST_RESORT: self._last_resort,
            Verdict.WAIT_SAME: lambda: self._repeat(move, info) if info.retry_after else None,
            Verdict.FAIL: lambda: None,
        }

    def _counted(self, move: Move, *, new: bool) -> Move:
        self.attempts += 1
        if new:
            provider = move.provider
            self._experience.savings[provider.name].deposit(move.retry.budget)
            total = provider.timeouts.total
            self._deadline = None if total is None else self._outside.clock.monotonic() + total
        if self._watched is not None:
            self._noting().begin(move.place, move.delay)
        return move

    def _noting(self) -> Watch:
        if self.watch is None:
            self.watch = Watch(self._outside, self._experience.latencies, self._watched or NOT_WATCHED)
        return self.watch

    def _retry(self, move: Move, info: ErrorInfo) -> Move | None:
        """A target that is left alone is repeated only when there is no other."""
        if is_open(self._outside, move.place):
            return self._next_target() or self._fallback() or self._repeat(move, info)
        return self._repeat(move, info)

    def _repeat(self, move: Move, info: ErrorInfo) -> Move | None:
        policy, place = move.retry, move.place
        made, saved = self._repeated.get(place, 0), self._experience.savings[move.provider.name]
        if made + 1 >= policy.attempts or policy.budget <= 0 or not saved.has():
            return None
        delay = backoff(policy, made, self._outside.entropy.random(), info.retry_after)
        if delay is None or not self._in_time(delay):
            return None
        self._repeated = {**self._repeated, place: made + 1}
        saved.withdraw()
        self._outside.telemetry.counter(RETRIES, {"provider": move.provider.name}).add()
        return Move(place, move.credential, delay)

    def _another_key(self, place: Place) -> Move | None:
        return self._next_credential(place) if self._in_time() else None

    def _in_time(self, delay: float = 0.0) -> bool:
        """Whether an attempt at the same target may begin after `delay` seconds."""
        return self._deadline is None or self._outside.clock.monotonic() + delay < self._deadline

    def _next_credential(self, place: Place) -> Move | None:
        for credential in self._ready:
            if not self._refused or not self._is_refused(place, credential):
                return Move(place, credential)
        return None

    def _more_room(self, place: Place) -> Move | None:
        """The targets of one alias are alike, unless they say how much they take."""
        room = self._room = self._room or Room()
        self._places = room.wider(place, self._places)
        self._resting = [each for each in self._resting if room.may_take(each.place)]
        return self._next_target()

    def _next_target(self) -> Move | None:
        for place in self._places:
            move = self._enter(place)
            if move is not None:
                return move
        return None

    def _fallback(self) -> Move | None:
        """The first attempt of the next leg that has one to make now."""
        for leg in self._legs:
            found, skipped = places(self._request, leg, self._moment)
            self._places = iter(found)
            self._skipped += skipped
            move = self._next_target()
            if move is not None:
                return move
        return None

    def _moment(self, leg: Leg) -> Moment:
        return Moment(self._request, leg, self._outside, self._experience)

    def _last_resort(self) -> Move | None:
        """The place that is nearest the end of its rest, or has most room; each place once."""
        while self._resting:
            nearest = min(self._resting, key=_nearness)
            self._resting.remove(nearest)
            if nearest.credential is None:
                move = self._at(nearest.place)
                if move is not None:
                    self._noting().suspect(nearest.place)
                    return move
            elif not self._is_refused(nearest.place, nearest.credential):
                return Move(nearest.place, nearest.credential)
        return None

    def _is_refused(self, place: Place, credential: Credential) -> bool:
        pool = place.provider.pool
        return pool is not None and (pool.name, credential.id) in self._refused

    def _enter(self, place: Place) -> Move | None:
        """The first attempt at a place, or None: too small, or left alone, or no credential is at hand."""
        if place.target.context is not None and not self._fits(place):
            return None
        if place.provider.health is None and not self._outside.counters.marks(MARKS):
            return self._at(place)
        until, probe = way_to(self._outside, place)
        if until is not None:
            self._resting.append(Resting(until, place))
            return None
        if probe is None:
            return self._at(place)
        watch = self._noting()
        watch.hold(place, probe)
        move = self._at(place)
        if move is None:
            watch.close()
        return move

    def _fits(self, place: Place) -> bool:
        room = self._room = self._room or Room()
        if room.fits(place):
            return True
        if room.may_take(place):
            self._resting.append(Resting(inf, place))
        self._skipped.append(room.skipped(place))
        return False

    def _at(self, place: Place) -> Move | None:
        """The first attempt at a place that may be tried, or None when no credential is at hand."""
        provider = place.provider
        if provider.caller_key is not None or provider.pool is None:
            self._ready = NOTHING
            where = provider.caller_key
            return Move(place, None) if where is None else self._with_callers_key(place, where)
        request = self._request
        ready, cooling = ranking(
            self._outside, provider.pool, place.model, request.client, request.inbound.headers, request.body
        )
        self._ready = islice(ready, MAX_CREDENTIALS)
        if cooling:
            until, credential = cooling[0]
            self._resting.append(Resting(until, place, credential))
        move = self._next_credential(place)
        if move is None and not cooling:
            reason = f"pool {provider.pool.name!r} has no usable credential for {place.model!r}"
            self._skipped.append(Skipped(provider.name, "credential", reason))
        return move

    def _with_callers_key(self, place: Place, where: CallerKey) -> Move | None:
        request = self._request
        key = caller_credential(where, request.inbound.headers, request.brought, request.client)
        if key is None:
            how = "none was given" if GIVEN in request.brought else f"send it {where.words}"
            self._skipped.append(Skipped(place.provider.name, "caller", how))
            return None
        return Move(place, key)

    def _penalise(self, move: Move, info: ErrorInfo) -> None:
        pool, credential = move.provider.pool, move.credential
        penalise(self._outside, pool, credential, info)
        if pool and credential and info.error_class in _ABOUT_THE_KEY:
            self._refused |= {(pool.name, credential.id)}


def _nearness(resting: Resting) -> tuple[float, int]:
    return resting.until, -(resting.place.target.context or 0)


def nothing_to_try(model: str, skipped: list[Skipped]) -> EngineError:
    """The error for a request that no target could even be tried for; the reasons are never secret."""
    own = next((each for each in skipped if each.cause == "caller"), None)
    if own is not None:
        return missing_key(f"{model!r} is served with your own key; {own.reason}")
    told = "; ".join(f"{each.provider}: {each.reason}" for each in skipped) or "it has no targets"
    if skipped and all(each.cause == "operation" for each in skipped):
        message = f"{model!r} does not serve this: {told}"
        return RequestRefused(message, param="model", code="unsupported_operation")
    if skipped and all(each.cause in ("when", "operation") for each in skipped):
        return RequestRefused(f"no target of {model!r} takes this request ({told})", code="no_target")
    return EngineUnavailable(f"no target of {model!r} can be used now ({told})", code="no_target")
