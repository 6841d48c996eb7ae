from __future__ import annotations

from pathlib import Path

from engine.server.admin.settings import setting_pages
from tests.server.running import running
from tests.server.test_runtime_settings import Site


async def test_shown_and_set(tmp_path: Path) -> None:
    site = Site(tmp_path)
    async with running(pages=setting_pages(site.settings)) as server:
        client = server.client
        listed = (await client.get("/admin/settings")).json()["settings"]
        assert [each["name"] for each in listed] == ["URL", "EVERY", "PASSWORD"]
        told = await client.post(
            "/admin/settings", json={"settings": {"EVERY": 9, "PASSWORD": "a-new-secret"}}
        )
        assert told.status_code == 200 and "a-new-secret" not in told.text
        assert site.every == 9
        for body in ({"settings": []}, {}, {"settings": {}}, {"settings": {"NOPE": 1}}):
            assert (await client.post("/admin/settings", json=body)).status_code == 400
