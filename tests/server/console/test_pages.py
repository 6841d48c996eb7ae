from __future__ import annotations

import pytest

from engine.server.access.auth import AdminDoor
from engine.server.console.pages import ASSETS, PAGES, console_pages
from tests.server.running import running

OPEN = AdminDoor(None, local=True)
KEYED = AdminDoor("admin-key", local=False)


async def test_every_page_is_there_with_its_files() -> None:
    async with running(pages=console_pages(OPEN), admin_door=OPEN) as server:
        for path in ("/admin", "/admin/", *(f"/admin/ui/{page}" for page in PAGES)):
            page = await server.client.get(path)
            assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
            policy = page.headers["content-security-policy"]
            assert "script-src 'self'" in policy and "unsafe" not in policy
            assert page.headers["cache-control"] == "no-store"
        for page_ in PAGES:
            assert (await server.client.get(f"/admin/ui/assets/{page_}.js")).status_code == 200
        missing = await server.client.get("/admin/ui/nope")
        outside = await server.client.get("/admin/ui/assets/..%2Fpages.py")
    assert (missing.status_code, outside.status_code) == (404, 404)


def test_what_is_not_ours_is_named_with_its_licence() -> None:
    notice = (ASSETS / "NOTICE.txt").read_text()
    for path in ASSETS.glob("*-[0-9]*"):
        assert path.name.removesuffix(".gz") in notice
    assert "LICENSE-alpine.txt" in notice and (ASSETS / "LICENSE-alpine.txt").exists()


async def test_who_has_no_key_is_led_to_the_log_in() -> None:
    async with running(pages=console_pages(KEYED), admin_door=KEYED) as server:
        asked = await server.client.get("/admin/ui/usage", follow_redirects=False)
        with_key = await server.client.get("/admin", headers={"authorization": "Bearer admin-key"})
    assert (asked.status_code, asked.headers["location"]) == (303, "/admin/ui/login?next=/admin/ui/usage")
    assert with_key.status_code == 200


async def test_where_the_admin_is_off_the_page_says_why() -> None:
    off = AdminDoor(None, local=False)
    async with running(pages=console_pages(off), admin_door=off) as server:
        page = await server.client.get("/admin")
        foreign = await server.client.get("/admin", headers={"host": "evil.example"})
    assert (page.status_code, foreign.status_code) == (403, 403)
    assert "PROXYCTL_ADMIN_KEY" in page.text and page.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(
    ("query", "kept"), [("lang=zh", "proxyctl_lang=zh"), ("theme=dark", "proxyctl_theme=dark")]
)
async def test_a_choice_is_kept(query: str, kept: str) -> None:
    async with running(pages=console_pages(OPEN), admin_door=OPEN) as server:
        chosen = await server.client.get(
            f"/admin?{query}", headers={"x-forwarded-proto": "https", "host": "localhost"}
        )
        server.client.cookies.clear()
        later = await server.client.get("/admin", headers={"cookie": kept})
        nonsense = await server.client.get("/admin?lang=xx&theme=<b>")
    cookie = chosen.headers["set-cookie"]
    assert cookie.startswith(kept) and all(
        word in cookie for word in ("HttpOnly", "SameSite=Strict", "Secure")
    )
    assert ("概览" in later.text) == ("zh" in kept) and ('data-theme="dark"' in later.text) == (
        "dark" in kept
    )
    assert "set-cookie" not in nonsense.headers and "<b>" not in nonsense.text
