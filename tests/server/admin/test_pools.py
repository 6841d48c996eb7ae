from __future__ import annotations

from engine.server.admin.pools import pool_pages
from engine.server.vault.pools import Pools
from tests.server.running import running
from tests.server.vaulted import Vaulted


async def test_selected_and_let_go(vaulted: Vaulted) -> None:
    async with running(pages=pool_pages(Pools(vaulted.treasury))) as server:
        client = server.client
        listed = (await client.get("/admin/pools")).json()["pools"]
        assert [each["pool"] for each in listed] == ["acquired", "unused", "written"]
        told = await client.post("/admin/credentials/written/declared/select")
        assert (told.status_code, told.json()["selected"]) == (200, "declared")
        off = await client.post("/admin/pools/written/rotation", json={"on": False})
        assert off.json()["rotation"] is False
        assert (await client.post("/admin/pools/written/auto")).json()["selected"] is None
        one = (await client.get("/admin/pools/written")).json()
        assert (one["current"]["rule"], one["current"]["id"]) == ("fixed", "declared")
        gone = [
            await client.get("/admin/pools/nope"),
            await client.post("/admin/pools/nope/auto"),
            await client.post("/admin/credentials/written/nope/select"),
        ]
        assert [each.status_code for each in gone] == [404, 404, 404]
