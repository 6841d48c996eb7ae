from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from engine.adapters.clock import SystemClock
from engine.adapters.counters import LocalCounters
from engine.adapters.safe import Safe
from engine.errors import EngineUnavailable
from engine.server.access.auth import AdminDoor
from engine.server.access.caller import Callers
from engine.server.access.sessions import COOKIE, Sessions
from engine.server.access.wrong_keys import FORM, WINDOW, WrongKeys
from engine.server.console.login import Login, login_form_pages
from engine.server.console.pages import console_pages
from engine.server.own_pages import Asked, admin_page
from engine.server.page import Page, json_page
from tests.server.running import Lines, Running, running

KEY = "the-admin-key-of-the-test"


class Clerk:
    def __init__(self) -> None:
        self.told: list[Mapping[str, Any]] = []
        self.away = False

    async def ask(self, verb: str, args: Mapping[str, Any] | None = None) -> Any:
        if self.away:
            raise EngineUnavailable("away", code="storage_away")
        assert verb == "audit.note" and args is not None
        self.told.append(args)


class Scene(NamedTuple):
    server: Running
    clerk: Clerk
    lines: Lines
    wrong: WrongKeys

    async def log_in(self, key: str = KEY, to: str = "", **headers: str) -> httpx.Response:
        sent = {
            "sec-fetch-site": "same-origin",
            **{name.replace("_", "-"): text for name, text in headers.items()},
        }
        form = {"key": key, "next": to}
        return await self.server.client.post(
            "/admin/ui/login", data=form, headers=sent, follow_redirects=False
        )


async def thing(_: Asked) -> Page:
    return json_page({"ok": True})


def made(
    tmp_path: Path, clerk: Clerk, lines: Lines, key: str | None = KEY, secret: str = "a key for tests only"
) -> Login:
    clock = SystemClock()
    ids = iter(f"id{number}" for number in range(99))
    sessions = Sessions(
        Safe([secret] if secret else [], tmp_path / "data"), clock, key, tmp_path / "ended", lambda: next(ids)
    )
    wrong = WrongKeys(LocalCounters(), Callers(), FORM)
    door = AdminDoor(key, local=key is None, sessions=sessions, wrong=wrong)
    return Login(door, sessions, wrong, clock, clerk, lines)


def pages(login: Login) -> dict[str, Any]:
    things = {"/admin/things": admin_page(GET=thing, POST=thing)}
    return {**login_form_pages(login), **console_pages(login.door), **things}


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    clerk, lines = Clerk(), Lines()
    login = made(tmp_path, clerk, lines)
    async with running(pages=pages(login), admin_door=login.door) as server:
        yield Scene(server, clerk, lines, login.wrong)


async def test_in_and_out_again(scene: Scene) -> None:
    client = scene.server.client
    form = await client.get("/admin/ui/login?next=/admin/ui/usage")
    assert form.status_code == 200 and 'value="/admin/ui/usage"' in form.text
    let_in = await scene.log_in(to="/admin/ui/usage")
    assert (let_in.status_code, let_in.headers["location"]) == (303, "/admin/ui/usage")
    cookie = let_in.headers["set-cookie"]
    assert (
        all(word in cookie for word in (COOKIE, "HttpOnly", "SameSite=Strict", "Path=/admin"))
        and KEY not in cookie
    )
    assert (await client.get("/admin/ui/usage")).status_code == 200
    assert (await client.get("/admin/things")).json() == {"ok": True}
    own = {"origin": str(client.base_url).rstrip("/")}
    assert (await client.post("/admin/things", headers=own)).status_code == 200
    # What another site, or another port of this machine, makes the browser send.
    for headers in ({"origin": "http://127.0.0.1:1"}, {"sec-fetch-site": "cross-site"}, {}):
        assert (await client.post("/admin/things", headers=headers)).status_code == 403
    stolen = dict(client.cookies)
    out = await client.post("/admin/ui/logout", headers=own, follow_redirects=False)
    assert out.status_code == 303 and "Max-Age=0" in out.headers["set-cookie"]
    client.cookies.clear()
    again = await client.get("/admin/things", headers={"cookie": f"{COOKIE}={stolen[COOKIE]}"})
    assert again.status_code == 401
    assert [each["target"] for each in scene.clerk.told] == ["let in"]
    assert [each["result"] for each in scene.lines.of("admin log-in")] == ["let in"]


async def test_a_wrong_key_costs_a_turn(scene: Scene) -> None:
    for _ in range(FORM.one):
        wrong = await scene.log_in("wrong-key")
        assert wrong.status_code == 401 and "set-cookie" not in wrong.headers
    slow = await scene.log_in(KEY)
    assert (slow.status_code, slow.headers["retry-after"]) == (429, "60")
    assert {each["target"] for each in scene.clerk.told} == {"refused"} and len(scene.clerk.told) == FORM.one
    assert "wrong-key" not in str(scene.lines.lines) + str(scene.clerk.told)
    # Nor is a key looked at that comes in a header, or it could be found there.
    assert (await scene.server.client.get("/admin/things", headers={"x-api-key": KEY})).status_code == 429


async def test_who_logged_in_is_not_kept_out_by_what_others_try(scene: Scene) -> None:
    assert (await scene.log_in()).status_code == 303
    counters = scene.wrong.counters
    counters.count("admin/wrong-key/form", WINDOW, FORM.all)
    assert (await scene.log_in()).status_code == 303


async def test_the_database_may_be_away(scene: Scene) -> None:
    scene.clerk.away = True
    assert (await scene.log_in()).status_code == 303
    assert scene.lines.of("admin log-in")


async def test_another_site_logs_nobody_in(scene: Scene) -> None:
    foreign = await scene.log_in(sec_fetch_site="cross-site")
    assert foreign.status_code == 403 and "set-cookie" not in foreign.headers


@pytest.mark.parametrize(
    "to",
    ["https://evil.example", "//evil.example", "/admin/ui/\\evil", "/elsewhere", "/admin/ui/a\r\nx: y", ""],
)
async def test_one_is_led_nowhere_else(scene: Scene, to: str) -> None:
    assert (await scene.log_in(to=to)).headers["location"] == "/admin"


async def test_over_https_the_cookie_stays_there(scene: Scene) -> None:
    assert "; Secure" in (await scene.log_in(x_forwarded_proto="https")).headers["set-cookie"]


async def test_without_an_admin_key_there_is_nothing_to_log_in_to(tmp_path: Path) -> None:
    login = made(tmp_path, Clerk(), Lines(), key=None)
    async with running(pages=pages(login), admin_door=login.door) as server:
        scene = Scene(server, Clerk(), Lines(), login.wrong)
        asked = await server.client.get("/admin/ui/login", follow_redirects=False)
        sent = await scene.log_in("anything")
    assert [each.headers["location"] for each in (asked, sent)] == ["/admin", "/admin"]
    assert "set-cookie" not in sent.headers


async def test_where_nothing_can_be_sealed_it_is_told(tmp_path: Path) -> None:
    login = made(tmp_path, Clerk(), Lines(), secret="")
    async with running(pages=pages(login), admin_door=login.door) as server:
        told = await Scene(server, Clerk(), Lines(), login.wrong).log_in()
    assert told.status_code == 503 and "key file" in told.text
