from __future__ import annotations

from pathlib import Path

from engine.server.admin.logins import login_pages
from engine.server.vault.logins import Logins
from tests.server.running import running
from tests.server.vault.test_logins import STARTED, TOKEN
from tests.server.vaulted import Vaulted


async def test_a_login_over_the_admin_pages(vaulted: Vaulted, tmp_path: Path) -> None:
    async with running(pages=login_pages(Logins(vaulted.treasury, tmp_path / "logins"))) as server:
        vaulted.upstream.script = [STARTED, TOKEN]
        started = await server.client.post("/admin/login/p", json={"id": "me"})
        assert (started.status_code, started.json()["code"]) == (201, "AB-CD")
        path = f"/admin/login/p/{started.json()['login']}"
        waiting = await server.client.post(path)
        vaulted.wait(5)
        granted = await server.client.post(path)
        assert [waiting.json()["state"], granted.json()["state"]] == ["pending", "granted"]
        unknown = await server.client.post("/admin/login/p/nope")
        wrong = await server.client.post("/admin/login/p", json={"pool": 5})
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "no_such_login")
    assert (wrong.status_code, wrong.json()["error"]["param"]) == (400, "pool")
    assert "secret" not in started.text + waiting.text + granted.text
