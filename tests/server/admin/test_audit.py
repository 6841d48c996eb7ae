from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.server.admin.audit import audit_pages
from tests.server.running import running


class Desk:
    """Implements `client_desk.Clerk`."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    async def ask(self, verb: str, args: Mapping[str, Any] | None = None) -> Any:
        self.asked.append((verb, args))
        return [{"at": 1.0, "who": "cli:ada", "what": "clients.create", "target": "app"}]


async def test_the_latest_changes() -> None:
    desk = Desk()
    async with running(pages=audit_pages(desk)) as server:
        told = (await server.client.get("/admin/audit")).json()
        await server.client.get("/admin/audit?limit=7")
        wrong = [
            (await server.client.get(f"/admin/audit?limit={limit}")).status_code
            for limit in ("x", 0, 1001, "")
        ]
    assert told == {"changes": [{"at": 1.0, "who": "cli:ada", "what": "clients.create", "target": "app"}]}
    assert desk.asked == [("audit.list", {"limit": 100}), ("audit.list", {"limit": 7})] and wrong == [400] * 4
