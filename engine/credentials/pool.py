"""Ranking a pool's credentials, and the marks that errors leave on them.

Pure: marks are read and written by whoever holds the counters.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from engine.credentials.model import DEFAULT_PENALTIES, CounterNames, Credential, Pool
from engine.credentials.registry import STRATEGIES
from engine.credentials.steering import steered
from engine.credentials.strategy import Draw, Order
from engine.errors import ErrorClass
from engine.globs import matches_any
from engine.ports import Counters

# An upstream may ask for rest, but not for ever.
LONGEST_REST = 24 * 3600.0

NO_REST: Mapping[str, float] = {}

# Of each pool: clients name models through globs.
MODELS_OF_LATE = 64


class Ranking(NamedTuple):
    """A pool at one moment, for one model: who to use in which order, and who rests until when.

    `ready` is read once, as far as it is needed. `cooling` is ordered by the end of its rest, the nearest
    first. Disabled, expired and unfit credentials are in neither.
    """

    ready: Iterator[Credential]
    cooling: tuple[tuple[float, Credential], ...] = ()


new_ranking = partial(tuple.__new__, Ranking)
"""`Ranking(…)` of a tuple, without the detour through its constructor, as `events.new_event`."""


class Mark(NamedTuple):
    """A credential is off duty until a time (`math.inf`: until somebody puts it on again)."""

    group: str
    name: str
    until: float


class Standing(NamedTuple):
    """Who may serve a model from `since` on until `until`, as long as the same are off duty."""

    off_until: Mapping[str, float]
    since: float
    until: float
    order: Order
    cooling: tuple[tuple[float, Credential], ...]


def rank(pool: Pool, model: str | None, now: float, off_until: Mapping[str, float], draw: Draw) -> Ranking:
    """Who may serve `model`, an upstream name, at `now` (since 1970), ordered by the pool's strategy.

    `off_until`: ids or stamps of credentials that are off duty -> the end of it, behind `now`. While those
    stay the same and nobody expires, the cost does not grow with the pool.
    """
    asked = None if pool.uniform else model
    found: Standing | None = pool.standings.get(asked)
    if found is None or found.off_until != off_until or not found.since <= now < found.until:
        found = _standing(pool, model, now, off_until)
        if len(pool.standings) >= MODELS_OF_LATE:
            pool.standings.clear()
        pool.standings[asked] = found
    return new_ranking((found.order(draw), found.cooling))


def _standing(pool: Pool, model: str | None, now: float, off_until: Mapping[str, float]) -> Standing:
    fit = [credential for credential in pool.credentials if _fits(credential, model, now)]
    rests = [(rest_of(credential, off_until), credential) for credential in fit]
    ready = [credential for until, credential in rests if not until]
    resting = [each for each in rests if each[0]]
    cooling = sorted((each for each in resting if each[0] != math.inf), key=lambda each: each[0])
    ends = [one.expires for one in fit if one.expires is not None]
    return Standing(dict(off_until), now, min(ends, default=math.inf), _order(pool, ready), tuple(cooling))


def rest_of(credential: Credential, off_until: Mapping[str, float]) -> float:
    """When its rest ends, 0 when it is on duty."""
    return max(off_until.get(credential.id, 0.0), off_until.get(credential.stamp, 0.0)) if off_until else 0.0


def _fits(credential: Credential, model: str | None, now: float) -> bool:
    if credential.expires is not None and credential.expires <= now:
        return False
    return credential.models is None or model is None or matches_any(credential.models, model)


def _order(pool: Pool, ready: Sequence[Credential]) -> Order:
    strategy = STRATEGIES.get(pool.strategy)
    if strategy is None:  # the compiler of the site refuses unknown names; this is for whoever builds by hand
        raise ValueError(f"unknown credential strategy {pool.strategy!r}")
    # One that asks may count, also while there is no choice.
    order = strategy.order(ready) if len(ready) > 1 or strategy.asks else lambda draw: iter(ready)
    return order if pool.steering is None else steered(order, pool.steering, pool.credentials, ready)


def penalty_mark(
    pool: Pool, credential: Credential, error_class: ErrorClass, retry_after: float | None, now: float
) -> Mark | None:
    """The mark that an error leaves on the credential that met it; None when it costs nothing.

    A Retry-After wins over the configured cooldown. What concerns the key itself (`auth`, `disable`) is
    held against that key alone: the one that a reload or a refresh brings in its place begins anew.
    """
    penalty = pool.on_error.get(error_class, DEFAULT_PENALTIES.get(error_class))
    if penalty is None:
        return None
    if penalty.disable:
        return Mark(pool.counted.refusals, credential.stamp, math.inf)
    if penalty.cooldown is None:
        return None
    rest = penalty.cooldown if retry_after is None else min(retry_after, LONGEST_REST)
    if error_class is ErrorClass.AUTH:
        return Mark(pool.counted.refusals, credential.stamp, now + rest)
    return Mark(pool.counted.rests, credential.id, now + rest)


def forgive(counters: Counters, pool: str, id_: str) -> None:
    """Nothing is held against a credential any more, whichever key it has."""
    counted = CounterNames.of(pool)
    counters.clear(counted.rests, id_)
    for stamp in [name for name in counters.marks(counted.refusals) if name.rpartition("#")[0] == id_]:
        counters.clear(counted.refusals, stamp)


def use_key(pool: str, id_: str) -> str:
    """Counter key of how often a credential was used of late."""
    return f"used/{pool}/{id_}"
