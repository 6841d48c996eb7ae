"""Where a request may go: aliases, in the order of their fallbacks; for each, its targets in order.

Pure but for what the moment says: chance and the like, asked only by strategies that need it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any, NamedTuple, Protocol

from engine.errors import RequestRefused
from engine.gateway.access import find_alias
from engine.gateway.request import Request, params_of
from engine.mapping.scope import Scope
from engine.mapping.template import Template
from engine.routing.affinity import within
from engine.routing.aliases import Match
from engine.routing.registry import STRATEGIES
from engine.routing.strategy import Moment
from engine.snapshot.model import Alias, Canary, Target
from engine.surfaces.chat import Chat


class Leg(NamedTuple):
    """One alias on the way: the request in its words. `name` is what matched it, `captured` its `*`."""

    alias: Alias
    name: str
    captured: str | None
    body: dict[str, Any]
    chat: Chat


new_leg = partial(tuple.__new__, Leg)
"""`Leg(…)` of a tuple, without the detour through its constructor, as `events.new_event`."""


class Place:
    """A target of a leg that may be tried; `model` is the name that goes upstream. Compared by identity."""

    __slots__ = ("label", "leg", "model", "provider", "target")

    def __init__(self, leg: Leg, target: Target, model: str) -> None:
        self.leg = leg
        self.target = target
        self.provider = target.provider
        self.model = model
        self.label = f"{target.provider.name}/{model}"

    @property
    def weight(self) -> float:
        return self.target.weight


@dataclass(frozen=True, slots=True)
class Skipped:
    """A target that is not tried. `cause`: off | when | operation | credential | caller | context."""

    provider: str
    cause: str
    reason: str


def legs(request: Request) -> Iterator[Leg]:
    """The requested alias, then its fallbacks, each followed by its own; none twice.

    Raises `RequestRefused` for the requested alias alone, at once: a fallback that refuses is no way out, no
    more.
    """
    if request.own is not None:
        first = Match(request.own, None, request.own.name)
    else:
        first = find_alias(request.snapshot, request.model, request.client)
    leg = _leg(request, first, request.model)
    alias = first.value
    return chain((leg,), _fallbacks(request, alias, {first.name})) if alias.fallback else iter((leg,))


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
    params, override = params_of(found.value, request.client)
    body, chat = request.surface.read(request.body, request.inbound, params, override)
    return new_leg((found.value, name, found.captured, body, chat))


class Chances(Moment, Protocol):
    """What the order of a leg's targets may ask."""

    def key_of(self, by: str) -> str | None:
        """What the request belongs to: its client, a conversation, a header; None when it has none."""
        ...


def places(request: Request, leg: Leg, moment: Callable[[Leg], Chances]) -> tuple[list[Place], list[Skipped]]:
    """The targets of a leg in the order of its strategy; those that are out of the question, and why.

    `moment` is asked only when there is something to put in order.
    """
    found: list[Place] = []
    skipped: list[Skipped] = []
    scope: Scope | None = None
    alias, operation = leg.alias, request.surface.operation
    targets = alias.targets if alias.canary is None else (*alias.targets, alias.canary.target)
    for target in targets:
        if scope is None and (target.when or isinstance(target.model, Template)):
            scope = _target_scope(request, leg)
        has = operation in target.provider.dialect.operations
        place = _place(leg, target, scope) if has else _without(operation, target)
        if isinstance(place, Place):
            found.append(place)
        else:
            skipped.append(place)
    return (_in_order(found, alias, moment(leg)) if len(found) > 1 else found), skipped


def _without(operation: str, target: Target) -> Skipped:
    reason = f"its dialect {target.provider.dialect.name!r} has no operation {operation!r}"
    return Skipped(target.provider.name, "operation", reason)


def place_at(request: Request, leg: Leg, target: Target) -> Place | Skipped:
    """A target that stands in no line, as a place of its own."""
    return _place(leg, target, _target_scope(request, leg))


def _place(leg: Leg, target: Target, scope: Scope | None) -> Place | Skipped:
    provider = target.provider
    if provider.off is not None:
        return Skipped(provider.name, "off", provider.off)
    if target.when is not None and not target.when.holds(scope):
        return Skipped(provider.name, "when", f"its condition {target.when.text} does not hold")
    # The upstream's name: the client's own, the alias's `*` put in, or what a template says.
    model = target.model
    if model is None:
        model = leg.name
    elif isinstance(model, Template):
        model = str(model(scope))
    elif leg.captured is not None:
        model = model.replace("*", leg.captured)
    return Place(leg, target, model)


def _in_order(found: list[Place], alias: Alias, moment: Chances) -> list[Place]:
    canary = alias.canary
    if canary is None:
        return _ordered(found, alias, moment)
    apart = [place for place in found if place.target is canary.target]
    others = _ordered([place for place in found if place.target is not canary.target], alias, moment)
    return [*apart, *others] if _begins_apart(canary, alias.name, moment) else [*others, *apart]


def _begins_apart(canary: Canary, alias: str, moment: Chances) -> bool:
    """Whether a request is of the canary's share: its key says so, else chance, at its upper end.

    The lowest chance, which is what tests of routes have, goes the usual way.
    """
    key = moment.key_of(canary.by) if canary.by is not None else None
    return moment.random() >= 1.0 - canary.share if key is None else within(canary.share, alias, key)


def _ordered(found: list[Place], alias: Alias, moment: Chances) -> list[Place]:
    if len(found) < 2:
        return found
    strategy = STRATEGIES.get(alias.strategy)
    if strategy is None:  # the compiler of the site refuses unknown names; this is for whoever builds by hand
        raise ValueError(f"unknown routing strategy {alias.strategy!r}")
    return list(strategy.order(found, moment))


def _target_scope(request: Request, leg: Leg) -> Scope:
    client = request.client.facts if request.client else None
    return Scope(
        body=leg.body,
        chat=leg.chat,
        headers=request.inbound.headers,
        client=client,
        params=dict(leg.alias.params),
    )
