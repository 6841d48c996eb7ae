from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.adapters.clock import SystemClock
from engine.adapters.metrics import Metrics, to_data
from engine.errors import EngineUnavailable
from engine.server.admin.overview import Sources, kind_of, overview_pages
from engine.server.board import Board
from tests.gateway.playbook import Game
from tests.server.admin.test_site import FakeSite
from tests.server.running import running

SITE = """
providers:
  a: {dialect: plain, base_url: "https://a.test"}
  b: {dialect: plain, base_url: "https://b.test", key: "${env:NOT_THERE}", optional: true}
models: {m: {targets: [a/m]}, "g/*": {targets: ["a/*"]}}
"""


class Clerk:
    def __init__(self, away: bool = False) -> None:
        self.away = away

    async def ask(self, verb: str, args: Mapping[str, Any] | None = None) -> Any:
        if self.away:
            raise EngineUnavailable("the database is away", code="storage_away")
        return True


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    board, metrics, game = Board(tmp_path), Metrics(), Game(SITE)
    board.prepare()
    board.report("gen1")
    way = {"surface": "s", "alias": "m", "provider": "a"}
    metrics.counter("proxyctl_requests_total", {**way, "status": "200"}).add(7)
    metrics.counter("proxyctl_requests_total", {**way, "status": "502"}).add(2)
    metrics.counter(
        "proxyctl_upstream_errors_total", {"provider": "a", "stage": "status", "class": "upstream"}
    ).add(3)
    metrics.gauge("proxyctl_requests_in_flight", {}).set(4)
    metrics.gauge("process_start_time_seconds", {"pid": "1"}).set(50.0)
    dead = Metrics()
    dead.counter("proxyctl_requests_total", {**way, "status": "200"}).add(1)
    dead.gauge("proxyctl_requests_in_flight", {}).set(9)
    (tmp_path / "numbers" / "999999-1.json").write_bytes(_json(to_data(dead.families)))
    return Sources(
        FakeSite(), board, metrics, SystemClock(), Clerk(), "sqlite", lambda: 5, lambda: game.snapshot, list
    )


def _json(data: Any) -> bytes:
    import orjson

    return orjson.dumps(data)


async def shown(sources: Sources) -> Any:
    async with running(pages=overview_pages(sources)) as server:
        return (await server.client.get("/admin/overview")).json()


async def test_all_in_one_look(sources: Sources) -> None:
    told = await shown(sources)
    assert (told["generation"], told["files"]) == ("gen1", {"active": 1, "rejected": 1})
    assert (told["requests"], told["statuses"], told["in_flight"]) == (10, {"2xx": 8, "5xx": 2}, 4)
    assert (told["errors"], told["failing"]) == ({"upstream": 3}, {"a": 3})
    assert told["storage"] == {"kind": "sqlite", "state": "well", "waiting": 5, "error": None}
    assert (told["aliases"], told["providers"], list(told["off"])) == (2, 1, ["b"])
    assert told["started"] == 50.0 and len(told["workers"]) == 1


async def test_a_database_that_is_away_or_not_wanted(sources: Sources) -> None:
    away = (await shown(replace(sources, clerk=Clerk(away=True))))["storage"]
    assert (away["state"], away["error"]) == ("away", "the database is away")
    assert (await shown(replace(sources, storage=None)))["storage"]["state"] == "off"


async def test_before_anything_is_loaded(sources: Sources) -> None:
    told = await shown(replace(sources, serving=lambda: None))
    assert (told["aliases"], told["providers"]) == (0, 0)


def test_the_kind_of_the_database() -> None:
    kinds = [kind_of(each) for each in (None, "", "off", "postgresql://db/x", "mysql+aiomysql://db")]
    assert kinds == ["sqlite", "sqlite", None, "postgresql", "mysql+aiomysql"]
