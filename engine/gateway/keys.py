"""A pool's credentials at this moment, and the marks that errors leave on them, through the counters."""

from __future__ import annotations

from engine.credentials.model import Credential, Pool
from engine.credentials.pool import Ranking, key_mark, penalty_mark, rank, rest_mark, turn_key
from engine.credentials.strategy import Draw
from engine.errors import ErrorInfo
from engine.gateway.outside import Outside


def ranking(outside: Outside, pool: Pool, model: str | None, generation: str) -> Ranking:
    """Who may serve the upstream's `model` (None: whichever) now, in the order of the pool's strategy."""
    counters = outside.counters
    draw = Draw(lambda: counters.next(turn_key(pool)), outside.entropy.random, pool.every)

    def off_until(credential: Credential) -> float:
        refused = counters.until(key_mark(pool, credential, generation))
        return max(refused, counters.until(rest_mark(pool, credential)))

    return rank(pool, model, outside.clock.now(), off_until, draw)


def penalise(
    outside: Outside, pool: Pool | None, credential: Credential | None, error: ErrorInfo, generation: str
) -> None:
    """Take the credential that met an error off duty, as the pool's `on_error` says."""
    if pool is None or credential is None:
        return
    now = outside.clock.now()
    mark = penalty_mark(pool, credential, error.error_class, error.retry_after, now, generation)
    if mark is not None:
        outside.counters.set_until(mark.key, mark.until)
