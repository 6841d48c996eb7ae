"""What `proxyctl explain` says of routing: strategy, shares, canary and mirror, breaker, health, room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from engine.gateway.estimate import tokens_of
from engine.gateway.gate import breaker_of
from engine.gateway.moment import cost_at, key_of
from engine.gateway.plan import Leg, Place
from engine.gateway.request import Request
from engine.gateway.room import Room
from engine.routing.registry import STRATEGIES
from engine.snapshot.model import Alias

Json = dict[str, Any]

# Strategies that give each target a share that the files alone decide.
BY_WEIGHT = ("weighted", "sticky")
EVEN = "round_robin"
FIRST = "first"


class Still:
    """Implements `plan.Chances` where nothing has happened yet: no chance but the lowest, no figures."""

    explore = 0.0

    def __init__(self, request: Request, leg: Leg) -> None:
        self._request = request
        self._leg = leg

    def random(self) -> float:
        return 0.0

    def turn(self) -> int:
        return 0

    def key(self) -> str | None:
        return self.key_of(self._leg.alias.by)

    def key_of(self, by: str) -> str | None:
        return key_of(by, self._request, self._leg)

    def busy(self, option: Any) -> int:
        return 0

    def latency(self, option: Any) -> float | None:
        return 0.0

    def cost(self, option: Place) -> float | None:
        return cost_at(option, tokens_of(option.leg.chat))


def routing(leg: Leg, found: Sequence[Place]) -> Json:
    """Of a leg: how its targets are chosen, and what stands beside them."""
    alias = leg.alias
    spec = STRATEGIES.get(alias.strategy)
    return {
        "strategy": alias.strategy,
        "why": spec.summary if spec else "",
        "by": alias.by if alias.strategy == "sticky" else None,
        "explore": alias.explore if alias.strategy == "lowest_latency" else None,
        "canary": _canary(alias),
        "mirror": _mirror(alias),
        "shares": _shares(alias, found),
    }


def standing(place: Place) -> Json:
    """Of a target: when it is left alone, and whether the request fits."""
    breaker, health = breaker_of(place), place.provider.health
    context = place.target.context
    return {
        "context": None if context is None else {"tokens": context, "needed": Room().needs(place)},
        "cost": cost_at(place, tokens_of(place.leg.chat)),
        "breaker": asdict(breaker) if breaker.on else "off",
        "health": asdict(health) if health else None,
    }


def _canary(alias: Alias) -> Json | None:
    canary = alias.canary
    if canary is None:
        return None
    return {"target": _name(alias, canary.target), "share": canary.share, "by": canary.by}


def _mirror(alias: Alias) -> Json | None:
    mirror = alias.mirror
    return None if mirror is None else {"target": _name(alias, mirror.target), "share": mirror.share}


def _shares(alias: Alias, found: Sequence[Place]) -> list[float | None]:
    """Of each target: the share of requests that begins there; None where only a running server knows."""
    canary = alias.canary
    apart = canary.share if canary and any(place.target is canary.target for place in found) else 0.0
    others = [place for place in found if canary is None or place.target is not canary.target]
    total = sum(place.weight for place in others)

    def share(place: Place) -> float | None:
        if canary is not None and place.target is canary.target:
            return apart if others else 1.0
        if len(others) == 1 or alias.strategy == FIRST:
            return (1.0 - apart) if place is others[0] else 0.0
        if alias.strategy == EVEN:
            return (1.0 - apart) / len(others)
        return (1.0 - apart) * place.weight / total if alias.strategy in BY_WEIGHT and total else None

    return [share(place) for place in found]


def _name(alias: Alias, target: Any) -> str:
    model = alias.name if target.model is None else getattr(target.model, "text", target.model)
    return f"{target.provider.name}/{model}"
