"""What `proxyctl explain` says of limits: whose concern a request, and what it would reserve."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from engine.gateway.estimate import tokens_of
from engine.gateway.plan import Place
from engine.gateway.request import Request
from engine.limits.allowance import Allowance, Bound, Kind
from engine.limits.told import words
from engine.snapshot.model import Alias

Json = dict[str, Any]


def own_limits(request: Request, alias: Alias) -> list[Json]:
    """Those that refuse a request: of its client, the client's groups, and the alias that it asks for."""
    return _rows((*(request.client.allowances if request.client else ()), alias.allowance))


def place_limits(request: Request, place: Place) -> Json:
    """Those that send it elsewhere; `reserves`: the tokens that it takes from limits of tokens meanwhile."""
    provider, alias = place.provider, place.leg.alias
    found: list[Allowance | None] = [provider.allowance]
    if place.leg.name != request.model:
        found.append(alias.allowance)
    if provider.pool is not None:
        found += provider.pool.allowances.values()
    return {"limits": _rows(found), "reserves": sum(tokens_of(place.leg.chat))}


def _rows(found: Iterable[Allowance | None]) -> list[Json]:
    return [_row(bound) for each in found if each is not None for bound in each.bounds]


def _row(bound: Bound) -> Json:
    row: Json = {"scope": bound.scope, "name": bound.name, "kind": bound.kind.value, "limit": words(bound)}
    waits = bound.queue and bound.kind is not Kind.BUDGET
    return {**row, "queue": bound.queue, "wait": bound.wait} if waits else row
