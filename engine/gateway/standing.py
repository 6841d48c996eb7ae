"""How each target stands now, for the operator: breakers, health, rests, load and times."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from engine.credentials.pool import rest_of
from engine.gateway.experience import Experience
from engine.gateway.gate import unwell
from engine.gateway.keys import off_duty
from engine.gateway.moment import busy_key
from engine.gateway.outside import Outside
from engine.routing.breaker import MARKS, State, failures_key, state, tried_from
from engine.routing.latency import STREAM, WHOLE
from engine.snapshot.model import NOT_WATCHED, Alias, Provider, Snapshot, Target

Json = dict[str, Any]

# Which of many labels are told of.
Choice = Callable[[Sequence[str]], Sequence[str]]


def targets_data(
    snapshot: Snapshot, outside: Outside, experience: Experience, choice: Choice = lambda labels: labels
) -> Json:
    """`{targets: {label: …}, providers: {name: …}}`; times are seconds since 1970.

    Targets whose model only a request knows are listed once their breaker is not closed. In flight is counted
    where a strategy asks for it, and then over all workers; latencies are those that this worker saw.
    """
    named: dict[str, tuple[Provider, list[str]]] = {}
    for alias, target, label in _labels(snapshot):
        named.setdefault(label, (target.provider, []))[1].append(alias.name)
    for label in outside.counters.marks(MARKS):
        provider = snapshot.providers.get(label.partition("/")[0])
        if provider is not None:
            named.setdefault(label, (provider, []))
    return {
        "targets": {
            label: _target(snapshot, outside, experience, label, *named[label])
            for label in choice(sorted(named))
        },
        "providers": {name: _provider(outside, provider) for name, provider in snapshot.providers.items()},
    }


def _labels(snapshot: Snapshot) -> Iterator[tuple[Alias, Target, str]]:
    for alias in snapshot.aliases.exact.values():
        beside = [each.target for each in (alias.canary, alias.mirror) if each is not None]
        for target in (*alias.targets, *beside):
            model = alias.name if target.model is None else target.model
            if isinstance(model, str):
                yield alias, target, f"{target.provider.name}/{model}"


def _target(
    snapshot: Snapshot,
    outside: Outside,
    experience: Experience,
    label: str,
    provider: Provider,
    aliases: list[str],
) -> Json:
    counters, now = outside.counters, outside.clock.now()
    mark = counters.marks(MARKS).get(label)
    standing = state(mark, now)
    monotonic = outside.clock.monotonic()
    seen, watched = experience.latencies, snapshot.watched or NOT_WATCHED
    return {
        "provider": provider.name,
        "aliases": aliases,
        "breaker": standing.value,
        "tried_from": None if mark is None or standing is State.CLOSED else tried_from(mark),
        "failures": round(counters.count(failures_key(label), provider.breaker.window, 0.0)),
        "in_flight": counters.busy(busy_key(label)) if provider.name in watched.busy else None,
        "first_token": _finite(seen.of((label, STREAM), monotonic)),
        "whole_answer": _finite(seen.of((label, WHOLE), monotonic)),
    }


def _provider(outside: Outside, provider: Provider) -> Json:
    now = outside.clock.now()
    return {
        "off": provider.off,
        "health": None if provider.health is None else "unwell" if unwell(outside, provider.name) else "well",
        "resting": _resting(outside, provider, now),
    }


def _resting(outside: Outside, provider: Provider, now: float) -> dict[str, float | None]:
    """Credentials that rest, by id: until when; None: until something changes."""
    pool = provider.pool
    if pool is None:
        return {}
    pool = outside.vault.pool(pool) if outside.vault.found else pool
    off_until = off_duty(outside, pool, now)
    rests = {credential.id: rest_of(credential, off_until) for credential in pool.credentials}
    return {name: _finite(until) for name, until in rests.items() if until}


def _finite(seconds: float | None) -> float | None:
    return None if seconds is None or seconds == float("inf") else seconds
