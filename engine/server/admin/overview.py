"""`GET /admin/overview`: how it goes, in one look: what is served, how much is asked, what is away."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from engine import __version__
from engine.adapters.metrics import Families, Metrics, added, from_data, lasting
from engine.errors import EngineError
from engine.gateway.report import FAILURES
from engine.gateway.tally import COST, REQUESTS, TOKENS
from engine.ports import Clock
from engine.server.admin.models import all_aliases
from engine.server.admin.site import Served
from engine.server.board import Board
from engine.server.client_desk import Clerk
from engine.server.ingress import REFUSALS
from engine.server.own_pages import Asked, OwnPage, admin_page
from engine.server.page import Page, json_page
from engine.snapshot.model import Client, Snapshot

IN_FLIGHT, STARTED, MEMORY = (
    "proxyctl_requests_in_flight",
    "process_start_time_seconds",
    "process_resident_memory_bytes",
)

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the page has what it tells. `storage` is the kind of database, None where there is none;
    `waiting` are records on their way to it."""

    served: Served
    board: Board
    metrics: Metrics
    clock: Clock
    clerk: Clerk
    storage: str | None
    waiting: Callable[[], int | None]
    serving: Callable[[], Snapshot | None]
    clients: Callable[[], Iterable[Client]]


def overview_pages(sources: Sources) -> dict[str, OwnPage]:
    """The page by its path."""

    async def overview(_: Asked) -> Page:
        published, families = sources.served.published, all_numbers(sources)
        states = [file["state"] for file in published.get("files", {}).values()]
        return json_page(
            {
                "version": __version__,
                "now": sources.clock.now(),
                "generation": published.get("generation"),
                "loaded_at": published.get("loaded_at"),
                "workers": sources.board.workers(),
                "counters": sources.served.counters,
                "files": {state: states.count(state) for state in ("active", "rejected")},
                "storage": await storage_data(sources),
                **numbers_data(families),
                **site_numbers(sources.serving()),
            }
        )

    return {"/admin/overview": admin_page(GET=overview)}


def kind_of(storage: str | None) -> str | None:
    """What kind of database the setting `storage` means, None where there is to be none."""
    return None if storage == "off" else (storage or "sqlite").partition(":")[0]


def all_numbers(sources: Sources) -> Families:
    """Those of all workers; of the dead, what lasts."""
    others = [(from_data(each.rows), each.alive) for each in sources.board.numbers_of_others()]
    return added([sources.metrics.families, *(all_ if alive else lasting(all_) for all_, alive in others)])


async def storage_data(sources: Sources) -> Json:
    told = {"kind": sources.storage, "state": "off", "waiting": sources.waiting(), "error": None}
    if sources.storage is None:
        return told
    try:
        await sources.clerk.ask("credentials.ready")
    except EngineError as error:
        return {**told, "state": "away", "error": error.info.message}
    return {**told, "state": "well"}


def numbers_data(families: Families) -> Json:
    """Sums since the server began."""
    statuses = by(families, REQUESTS, "status")
    classes: dict[str, float] = defaultdict(float)
    for status, count in statuses.items():
        classes[f"{status[:1]}xx"] += count
    started = [number.value for number in _series(families, STARTED).values()]
    return {
        "started": min(started, default=None),
        "requests": sum(statuses.values()),
        "statuses": classes,
        "in_flight": sum(by(families, IN_FLIGHT, "").values()),
        "refused": by(families, REFUSALS, "code"),
        "errors": by(families, FAILURES, "class"),
        "failing": by(families, FAILURES, "provider"),
        "tokens": sum(by(families, TOKENS, "kind").values()),
        "cost": sum(by(families, COST, "").values()),
        "memory": sum(by(families, MEMORY, "").values()),
    }


def by(families: Families, name: str, label: str) -> dict[str, float]:
    """A metric by one of its labels."""
    total: dict[str, float] = defaultdict(float)
    for labels, number in _series(families, name).items():
        total[dict(labels).get(label, "")] += number.value
    return total


def site_numbers(snapshot: Snapshot | None) -> Json:
    if snapshot is None:
        return {"aliases": 0, "providers": 0, "off": {}}
    off = {name: each.off for name, each in snapshot.providers.items() if each.off is not None}
    return {
        "aliases": len(all_aliases(snapshot)),
        "providers": len(snapshot.providers) - len(off),
        "off": off,
    }


def _series(families: Families, name: str) -> Mapping[Any, Any]:
    return families[name].series if name in families else {}
