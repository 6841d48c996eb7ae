"""Where a request may go: aliases, in the order of their fallbacks; for each, its targets in order.

Pure but for chance, which is drawn from the outside only by strategies that need it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from engine.errors import RequestRefused
from engine.gateway.access import find_alias
from engine.gateway.request import Request, apply_params
from engine.mapping.scope import Scope
from engine.mapping.template import Template
from engine.routing.aliases import Match
from engine.routing.registry import STRATEGIES
from engine.snapshot.model import Alias, Target
from engine.surfaces.chat import Chat


@dataclass(frozen=True, slots=True)
class Leg:
    """One alias on the way: the request in its words. `name` is what matched it, `captured` its `*`."""

    alias: Alias
    name: str
    captured: str | None
    body: dict[str, Any]
    chat: Chat


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A target of a leg that may be tried; `model` is the name that goes upstream."""

    leg: Leg
    target: Target
    model: str

    @property
    def label(self) -> str:
        return f"{self.target.provider.name}/{self.model}"


@dataclass(frozen=True, slots=True)
class Skipped:
    """A target that is not tried. `cause`: off | when | credential | caller."""

    provider: str
    cause: str
    reason: str


def legs(request: Request) -> Iterator[Leg]:
    """The requested alias, then its fallbacks, each followed by its own; none twice.

    Raises `RequestRefused` for the requested alias alone: a fallback that refuses is no way out, no more.
    """
    first = find_alias(request.snapshot, request.model, request.client)
    yield _leg(request, first, request.model)
    seen = {first.name}
    yield from _fallbacks(request, first.value, seen)


def _fallbacks(request: Request, alias: Alias, seen: set[str]) -> Iterator[Leg]:
    for name in alias.fallback:
        found = request.snapshot.aliases.match(name)
        if found is None or found.name in seen:
            continue
        seen.add(found.name)
        leg = _optional_leg(request, found, name)
        if leg is not None:
            yield leg
        yield from _fallbacks(request, found.value, seen)


def _optional_leg(request: Request, found: Match[Alias], name: str) -> Leg | None:
    try:
        return _leg(request, found, name)
    except RequestRefused:
        return None


def _leg(request: Request, found: Match[Alias], name: str) -> Leg:
    body = apply_params(found.value, request.body)
    return Leg(found.value, name, found.captured, body, request.surface.decode(body))


def places(request: Request, leg: Leg, random: Callable[[], float]) -> tuple[list[Place], list[Skipped]]:
    """The targets of a leg in the order of its strategy; those that are out of the question, and why."""
    found: list[Place] = []
    skipped: list[Skipped] = []
    scope: Scope | None = None
    for target in _ordered(leg.alias, random):
        provider = target.provider
        if provider.off is not None:
            skipped.append(Skipped(provider.name, "off", provider.off))
            continue
        if scope is None and (target.when or isinstance(target.model, Template)):
            scope = _target_scope(request, leg)
        if target.when is not None and not target.when.holds(scope):
            skipped.append(Skipped(provider.name, "when", f"its condition {target.when.text} does not hold"))
            continue
        found.append(Place(leg, target, _model(target, leg, scope)))
    return found, skipped


def _ordered(alias: Alias, random: Callable[[], float]) -> tuple[Target, ...]:
    strategy = STRATEGIES.get(alias.strategy)
    if strategy is None:  # the compiler of the site refuses unknown names; this is for whoever builds by hand
        raise ValueError(f"unknown routing strategy {alias.strategy!r}")
    return tuple(strategy.order(alias.targets, random)) if len(alias.targets) > 1 else alias.targets


def _model(target: Target, leg: Leg, scope: Scope | None) -> str:
    """The upstream's name: the client's own, the alias's `*` put in, or what a template says."""
    if target.model is None:
        return leg.name
    if isinstance(target.model, Template):
        return str(target.model(scope))
    return target.model.replace("*", leg.captured) if leg.captured is not None else target.model


def _target_scope(request: Request, leg: Leg) -> Scope:
    client = {"name": request.client.name} if request.client else None
    return Scope(
        body=leg.body,
        chat=leg.chat,
        headers=request.inbound.headers,
        client=client,
        params=dict(leg.alias.params),
    )
