from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from engine.server.admin.site import site_pages
from engine.server.board import Board
from tests.server.running import running


class FakeSite:
    def __init__(self) -> None:
        self.ready = True
        self.counters = "machine"
        self.published: Mapping[str, Any] = {
            "generation": "gen1",
            "loaded_at": 5.5,
            "files": {
                "routes.d/a.yaml": {"state": "active", "since": 1.0, "diagnostics": []},
                "routes.d/b.yaml": {"state": "rejected", "since": 2.0, "diagnostics": []},
            },
        }
        self.result: Mapping[str, Any] = {"result": "accepted", "generation": "gen1"}

    async def reload_now(self) -> Mapping[str, Any]:
        return self.result


@pytest.fixture
def board(tmp_path: Path) -> Board:
    made = Board(tmp_path)
    made.prepare()
    made.report("gen1")
    return made


async def test_health_and_ready(board: Board) -> None:
    site = FakeSite()
    async with running(pages=site_pages(site, board)) as server:
        assert (await server.client.get("/health")).json() == {"status": "ok"}
        assert (await server.client.get("/ready")).json() == {"status": "ready", "generation": "gen1"}
        site.ready = False
        not_ready = await server.client.get("/ready")
        assert (not_ready.status_code, not_ready.headers["retry-after"]) == (503, "1")
        assert (await server.client.get("/health")).status_code == 200


async def test_config_has_the_shape_that_the_design_fixes(board: Board) -> None:
    site = FakeSite()
    async with running(pages=site_pages(site, board)) as server:
        data = (await server.client.get("/admin/config")).json()
    assert data == {
        "generation": "gen1",
        "counters": "machine",
        "loaded_at": 5.5,
        "workers": [{"pid": os.getpid(), "generation": "gen1"}],
        "files": site.published["files"],
    }


async def test_reload(board: Board) -> None:
    site = FakeSite()
    async with running(pages=site_pages(site, board)) as server:
        done = await server.client.post("/admin/reload")
        site.result = {"result": "failed", "generation": "gen1"}
        failed = await server.client.post("/admin/reload")
        assert (await server.client.get("/admin/reload")).status_code == 405
    assert (done.status_code, done.json()["result"], failed.status_code) == (200, "accepted", 503)
