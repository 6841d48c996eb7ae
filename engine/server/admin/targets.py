"""How targets stand: a page for the operator, and numbers for Prometheus, both as they are at this moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from engine.adapters.metrics import Family, Metrics
from engine.gateway.gate import unwell
from engine.gateway.gateway import Gateway
from engine.gateway.standing import targets_data
from engine.routing.breaker import MARKS, State, state
from engine.server.admin.part import Part
from engine.server.own_pages import Asked, OwnPage, admin_page
from engine.server.page import Page, json_page
from engine.snapshot.model import Snapshot

STATE = "proxyctl_breaker_state"
WELL = "proxyctl_provider_well"
LATENCY = "proxyctl_target_latency_seconds"
LEVELS = {State.CLOSED: 0.0, State.HALF_OPEN: 1.0, State.OPEN: 2.0}

Serving = Callable[[], Snapshot | None]


def target_pages(gateway: Gateway, serving: Serving) -> dict[str, OwnPage]:
    """The pages by path."""

    async def targets(asked: Asked) -> Page:
        snapshot, part = serving(), Part.of(asked)
        if snapshot is None:
            return json_page({"targets": {}, "providers": {}, "total": 0})
        told = targets_data(snapshot, gateway.outside, gateway.experience, part.choose)
        return json_page({**told, "total": part.total})

    return {"/admin/targets": admin_page(GET=targets)}


def target_numbers(gateway: Gateway, serving: Serving) -> Mapping[str, Family]:
    """Breakers that are not closed, providers with health checks, and what is known of latencies."""
    metrics, snapshot = Metrics(), serving()
    outside, now = gateway.outside, gateway.outside.clock.now()
    for label, mark in outside.counters.marks(MARKS).items():
        labels = {"provider": label.partition("/")[0], "target": label}
        metrics.gauge(STATE, labels).set(LEVELS[state(mark, now)])
    for provider in snapshot.providers.values() if snapshot else ():
        if provider.health is not None:
            metrics.gauge(WELL, {"provider": provider.name}).set(float(not unwell(outside, provider.name)))
    for (label, kind), seconds in gateway.experience.latencies.known(outside.clock.monotonic()):
        labels = {"provider": label.partition("/")[0], "target": label, "kind": kind}
        metrics.gauge(LATENCY, labels).set(seconds)
    return metrics.families
