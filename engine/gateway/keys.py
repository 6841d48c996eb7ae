"""A pool's credentials at this moment, and the marks that errors leave on them, through the counters."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from engine.credentials.model import Credential, Pool
from engine.credentials.pool import (
    NO_REST,
    Ranking,
    penalty_mark,
    rank,
    use_key,
)
from engine.credentials.registry import STRATEGIES
from engine.credentials.strategy import Draw
from engine.errors import ErrorInfo
from engine.gateway.outside import Outside
from engine.snapshot.model import Client

NOTHING: Mapping[str, Any] = {}
ASKING = frozenset(strategy.name for strategy in STRATEGIES if strategy.asks)

# Seconds for which `least_used` remembers a use.
USED_OF_LATE = 600.0

# What names a conversation, where no client's name does: headers, then fields of the body.
CONVERSATION_HEADERS = ("x-conversation-id", "x-session-id")
CONVERSATION_FIELDS = ("conversation", "session_id", "user")


def ranking(
    outside: Outside,
    pool: Pool,
    model: str | None,
    client: Client | None = None,
    headers: Mapping[str, str] = NOTHING,
    body: Mapping[str, Any] = NOTHING,
) -> Ranking:
    """Who may serve the upstream's `model` (None: whichever) now, in the order of the pool's strategy.

    `client`, `headers` and `body` are the request's, for strategies that keep to who asks.
    """
    if outside.vault.found:
        pool = outside.vault.pool(pool)
    known = pool.drawn_from.get(None)
    if known is None or known[0] is not outside:
        known = pool.drawn_from[None] = (outside, _draw(outside, pool))
    draw: Draw = known[1]
    if pool.strategy in ASKING:
        draw = draw._replace(asker=partial(asker_of, client, headers, body))
    now = outside.clock.now()
    return rank(pool, model, now, off_duty(outside, pool, now), draw)


def _draw(outside: Outside, pool: Pool) -> Draw:
    """What is the same for all requests."""
    counters, name = outside.counters, pool.name
    return Draw(
        partial(counters.next, pool.counted.turn),
        outside.entropy.random,
        pool.every,
        used=lambda id_: counters.count(use_key(name, id_), USED_OF_LATE, 0.0),
        use=lambda id_: counters.count(use_key(name, id_), USED_OF_LATE),
    )


def off_duty(outside: Outside, pool: Pool, now: float) -> Mapping[str, float]:
    """Until when which of the pool's credentials rest, by id or stamp."""
    counters = outside.counters
    refused, resting = counters.marks(pool.counted.refusals), counters.marks(pool.counted.rests)
    return _latest(now, refused, resting) if refused or resting else NO_REST


def _latest(now: float, *groups: Mapping[str, float]) -> dict[str, float]:
    """The later end of each name's marks, without those that are over."""
    latest: dict[str, float] = {}
    for marks in groups:
        for name, until in marks.items():
            if until > latest.get(name, now):
                latest[name] = until
    return latest


def penalise(outside: Outside, pool: Pool | None, credential: Credential | None, error: ErrorInfo) -> None:
    """Take the credential that met an error off duty, as the pool's `on_error` says."""
    if pool is None or credential is None:
        return
    mark = penalty_mark(pool, credential, error.error_class, error.retry_after, outside.clock.now())
    if mark is not None:
        outside.counters.mark(mark.group, mark.name, mark.until)


def asker_of(client: Client | None, headers: Mapping[str, str], body: Mapping[str, Any]) -> str:
    """Whom a request comes from, for strategies that keep to one: the client, else the conversation."""
    if client is not None:
        return client.name
    named = [headers.get(name) for name in CONVERSATION_HEADERS]
    named += [value for name in CONVERSATION_FIELDS if isinstance(value := body.get(name), str)]
    return next(filter(None, named), "")
