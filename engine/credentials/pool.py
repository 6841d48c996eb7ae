"""Ranking a pool's credentials, and the marks that errors leave on them.

Pure: marks are read through `Marks` and written by whoever holds the counters.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from engine.credentials.model import DEFAULT_PENALTIES, Credential, Pool
from engine.credentials.registry import STRATEGIES
from engine.credentials.strategy import Draw
from engine.errors import ErrorClass
from engine.globs import matches_any

# An upstream may ask for rest, but not for ever.
LONGEST_REST = 24 * 3600.0

OffUntil = Callable[[Credential], float]


@dataclass(frozen=True, slots=True)
class Ranking:
    """A pool at one moment, for one model: who to use in which order, and who rests until when.

    `cooling` is ordered by the end of its rest, the nearest first. Disabled, expired and unfit
    credentials are in neither.
    """

    ready: tuple[Credential, ...]
    cooling: tuple[tuple[float, Credential], ...] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """A credential is off duty until a time (`math.inf`: until the next generation is loaded)."""

    key: str
    until: float


def rank(pool: Pool, model: str | None, now: float, off_until: OffUntil, draw: Draw) -> Ranking:
    """Who may serve `model`, an upstream name, at `now` (since 1970), ordered by the pool's strategy."""
    ready: list[Credential] = []
    cooling: list[tuple[float, Credential]] = []
    for credential in pool.credentials:
        if not _fits(credential, model, now):
            continue
        until = off_until(credential)
        if until <= now:
            ready.append(credential)
        elif until != math.inf:
            cooling.append((until, credential))
    cooling.sort(key=lambda resting: resting[0])
    return Ranking(_ordered(pool, ready, draw), tuple(cooling))


def _fits(credential: Credential, model: str | None, now: float) -> bool:
    if credential.expires is not None and credential.expires <= now:
        return False
    return credential.models is None or model is None or matches_any(credential.models, model)


def _ordered(pool: Pool, ready: list[Credential], draw: Draw) -> tuple[Credential, ...]:
    if len(ready) < 2:
        return tuple(ready)
    strategy = STRATEGIES.get(pool.strategy)
    if strategy is None:  # the compiler of the site refuses unknown names; this is for whoever builds by hand
        raise ValueError(f"unknown credential strategy {pool.strategy!r}")
    return tuple(strategy.order(ready, draw))


def penalty_mark(
    pool: Pool,
    credential: Credential,
    error_class: ErrorClass,
    retry_after: float | None,
    now: float,
    generation: str,
) -> Mark | None:
    """The mark that an error leaves on the credential that met it; None when it costs nothing.

    A Retry-After wins over the configured cooldown. What concerns the key itself (`auth`, `disable`)
    is forgotten with the generation, since a reload may have brought another key.
    """
    penalty = pool.on_error.get(error_class, DEFAULT_PENALTIES.get(error_class))
    if penalty is None:
        return None
    if penalty.disable:
        return Mark(key_mark(pool, credential, generation), math.inf)
    if penalty.cooldown is None:
        return None
    rest = penalty.cooldown if retry_after is None else min(retry_after, LONGEST_REST)
    about_key = error_class is ErrorClass.AUTH
    key = key_mark(pool, credential, generation) if about_key else rest_mark(pool, credential)
    return Mark(key, now + rest)


def rest_mark(pool: Pool, credential: Credential) -> str:
    """Counter key of a rest that outlives a reload."""
    return f"rest/{pool.name}/{credential.id}"


def key_mark(pool: Pool, credential: Credential, generation: str) -> str:
    """Counter key of what is held against the key itself, in this generation alone."""
    return f"refused/{generation}/{pool.name}/{credential.id}"


def turn_key(pool: Pool) -> str:
    """Counter key of the pool's rotation."""
    return f"turn/{pool.name}"
