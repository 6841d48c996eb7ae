"""Pages of credentials, pools, logins and settings, over one treasury."""

from __future__ import annotations

from pathlib import Path

from engine.server.desk import Desk
from tests.server.running import running
from tests.server.test_runtime_settings import Site
from tests.server.vaulted import Vaulted


async def test_all_pages_are_there(vaulted: Vaulted, tmp_path: Path) -> None:
    site = Site(tmp_path / "site")
    desk = Desk(vaulted.treasury, tmp_path / "site", tmp_path, lambda: site.snapshot, site, list)
    async with running(pages=desk.pages()) as server:
        for path in ("/admin/credentials", "/admin/pools", "/admin/settings"):
            assert (await server.client.get(path)).status_code == 200
        assert (await server.client.post("/admin/login/nope")).status_code == 404
