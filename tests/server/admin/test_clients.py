"""`/admin/clients` over a database of its own, without a process in between."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from engine.adapters.clock import SystemClock
from engine.errors import EngineUnavailable, RequestRefused
from engine.server.admin.clients import client_pages
from engine.server.client_desk import ClientDesk
from engine.snapshot.clients import digest
from engine.storage.database import Database, Refused
from engine.storage.verbs import VERBS
from tests.server.running import running
from tests.snapshot.sites import served
from tests.storage.databases import opened

SITE = served(a="groups: {search: {}}\nclients: {ops: {key: 'sha256:" + "0" * 64 + "', expires: 2020-01-01}}")


class Desk:
    """Implements `client_desk.Clerk` as the clerk would answer."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.asked: list[Any] = []
        self.away = False

    async def ask(self, verb: str, args: Mapping[str, Any] | None = None) -> Any:
        self.asked.append((verb, dict(args or {})))
        if self.away:
            raise EngineUnavailable("disk full", code="storage_away")
        try:
            return await VERBS[verb](self.database, args or {})
        except Refused as refused:
            raise RequestRefused(str(refused), code=refused.code, status=refused.status) from refused


@asynccontextmanager
async def admin(tmp_path: Path) -> AsyncIterator[tuple[httpx.AsyncClient, Desk]]:
    keys = iter(f"pk-key-{number}" for number in range(9))
    async with opened(f"sqlite:///{tmp_path / 'a.db'}") as database:
        await database.migrate()
        desk = Desk(database)
        pages = client_pages(ClientDesk(desk, lambda: SITE, SystemClock(), lambda: next(keys)))
        async with running(pages=pages, served=SITE) as server:
            yield server.client, desk


async def test_a_client_from_its_making_to_its_end(tmp_path: Path) -> None:
    async with admin(tmp_path) as (client, desk):
        made = await client.post(
            "/admin/clients", json={"name": "web", "models": ["a*"], "note": "n", "expires": "1h"}
        )
        assert (made.status_code, made.json()["key"], made.headers["cache-control"]) == (
            201,
            "pk-key-0",
            "no-store",
        )
        told = made.json()["client"]
        assert (told["name"], told["state"], told["models"], told["note"]) == ("web", "active", ["a*"], "n")
        again = await client.post("/admin/clients", json={"name": "web"})
        assert (again.status_code, again.json()["error"]["code"]) == (409, "client_exists")
        changed = await client.patch("/admin/clients/web", json={"models": None, "groups": ["search"]})
        assert changed.json()["groups"] == ["search"] and "models" not in changed.json()
        assert changed.json()["note"] == "n" and changed.json()["expires"] == told["expires"]
        rotated = (await client.post("/admin/clients/web/rotate", json={"grace": "1h"})).json()
        assert rotated["key"] == "pk-key-2" and rotated["client"]["old_key_until"] is not None
        assert (await client.post("/admin/clients/web/revoke")).json()["state"] == "revoked"
        assert (await client.post("/admin/clients/web/rotate")).status_code == 409
        assert (await client.get("/admin/clients/web")).json()["state"] == "revoked"
        assert (await client.delete("/admin/clients/web")).status_code == 200
        assert (await client.get("/admin/clients/web")).status_code == 404
    asked = repr(desk.asked)
    assert digest("pk-key-0") in asked and "pk-key" not in asked and "admin@127.0.0.1" in asked


async def test_clients_of_files_are_listed_and_left_alone(tmp_path: Path) -> None:
    async with admin(tmp_path) as (client, _):
        await client.post("/admin/clients", json={"name": "web"})
        listed = (await client.get("/admin/clients")).json()["clients"]
        assert [(each["name"], each["source"], each["state"]) for each in listed] == [
            ("ops", "file", "expired"), ("web", "stored", "active"),
        ]  # fmt: skip
        assert (await client.get("/admin/clients/ops")).json()["source"] == "file"
        taken = await client.post("/admin/clients", json={"name": "ops"})
        assert (taken.status_code, taken.json()["error"]["code"]) == (409, "client_exists")
        assert (await client.post("/admin/clients/ops/revoke")).status_code == 404
        assert "digest" not in str(listed) and "pk-key" not in str(listed)


@pytest.mark.parametrize(
    ("body", "param", "told"),
    [
        ({}, "name", "without spaces"),
        ({"name": "a b"}, "name", "without spaces"),
        ({"name": "x", "modles": []}, "modles", "did you mean 'models'?"),
        ({"name": "x", "groups": ["serch"]}, "groups", "did you mean 'search'?"),
        ({"name": "x", "key": "mine"}, "key", "keys are made here"),
    ],
)
async def test_what_is_wrong_is_told(tmp_path: Path, body: Any, param: str, told: str) -> None:
    async with admin(tmp_path) as (client, desk):
        error = (await client.post("/admin/clients", json=body)).json()["error"]
        assert (error["param"], told in error["message"], desk.asked) == (param, True, [])


@pytest.mark.parametrize("body", [{"grace": "soon"}, {"grace": -1}, {"grace": True}, {"garce": "1h"}])
async def test_a_grace_is_a_time(tmp_path: Path, body: Any) -> None:
    async with admin(tmp_path) as (client, _):
        await client.post("/admin/clients", json={"name": "web"})
        assert (await client.post("/admin/clients/web/rotate", json=body)).status_code == 400


async def test_while_nothing_can_be_asked() -> None:
    class Away:
        async def ask(self, verb: str, args: Mapping[str, Any] | None = None) -> Any:
            raise EngineUnavailable("away", code="storage_away", retry_after=1.0)

    pages = client_pages(ClientDesk(Away(), lambda: SITE, SystemClock(), lambda: "pk-x"))
    async with running(pages=pages) as server:
        reply = await server.client.post("/admin/clients", json={"name": "x"})
        assert (reply.status_code, reply.json()["error"]["code"]) == (503, "storage_away")
    early = client_pages(ClientDesk(Away(), lambda: None, SystemClock(), lambda: "pk-x"))
    async with running(pages=early) as server:
        assert (await server.client.post("/admin/clients", json={"name": "x"})).json()["error"][
            "code"
        ] == "not_ready"


async def test_while_the_database_is_away_those_of_files_can_be_asked_for(tmp_path: Path) -> None:
    async with admin(tmp_path) as (client, desk):
        desk.away = True
        assert (await client.get("/admin/clients")).status_code == 503
        told = (await client.get("/admin/clients?partly=1")).json()
        assert ([each["name"] for each in told["clients"]], told["away"]) == (["ops"], "disk full")
