"""Log in with the admin key, and out. A wrong key costs one of a few turns a minute, and is in the audit."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import parse_qs

from engine.errors import EngineError, RequestRefused
from engine.events import Inbound
from engine.ports import Clock, Telemetry
from engine.server.access.auth import AdminDoor
from engine.server.access.sessions import COOKIE, LASTS, Sessions, is_own_page
from engine.server.access.wrong_keys import WINDOW, WrongKeys
from engine.server.client_desk import Clerk
from engine.server.console.pages import HOME, LOG_IN, UI, closed, html, see_other, set_cookie
from engine.server.own_pages import Asked, OwnPage, admin_page, gate_page
from engine.server.page import Page

LONGEST = 8192


@dataclass(frozen=True, slots=True)
class Login:
    door: AdminDoor
    sessions: Sessions
    wrong: WrongKeys
    clock: Clock
    clerk: Clerk
    telemetry: Telemetry

    async def ask(self, asked: Asked) -> Page:
        inbound = asked.inbound
        if self.door.key is None:
            return see_other(HOME)
        return self._form(inbound, _next(inbound.query.get("next", "")))

    async def log_in(self, asked: Asked) -> Page:
        inbound = asked.inbound
        if self.door.key is None:
            return see_other(HOME)
        if not is_own_page(inbound):
            return closed(inbound, RequestRefused("log in on this server's own page", status=403))
        form = parse_qs(inbound.body[:LONGEST].decode("utf-8", "replace"))
        key, to = form.get("key", [""])[0].strip(), _next(form.get("next", [""])[0])
        if self.wrong.over(inbound):
            return self._form(inbound, to, 429, "login.slow", {"retry-after": str(int(WINDOW))})
        if not self.door.opens(key):
            self.wrong.count(inbound)
            await self._tell(asked, "refused")
            return self._form(inbound, to, 401, "login.wrong")
        self.wrong.right(inbound)
        try:
            value = self.sessions.begin()
        except EngineError as away:
            return closed(inbound, away)
        await self._tell(asked, "let in")
        return see_other(to, {"set-cookie": set_cookie(inbound, COOKIE, value, LASTS)})

    async def log_out(self, asked: Asked) -> Page:
        self.sessions.end(asked.inbound)
        return see_other(LOG_IN, {"set-cookie": set_cookie(asked.inbound, COOKIE, "", 0)})

    def _form(
        self,
        inbound: Inbound,
        to: str,
        status: int = 200,
        problem: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> Page:
        page = html(inbound, "login", status, to=to, problem=problem, keyed=False)
        return Page(page.status, page.body, page.content_type, {**page.headers, **(headers or {})})

    async def _tell(self, asked: Asked, result: str) -> None:
        """In the log in any case, in the audit where there is a database."""
        who = f"admin@{self.wrong.callers.address(asked.inbound) or 'local'}"
        fields = {"request_id": asked.inbound.request_id, "who": who, "result": result}
        self.telemetry.log("info" if result == "let in" else "warning", "admin log-in", fields)
        told = {"at": self.clock.now(), "who": who, "what": "admin.login", "target": result}
        with suppress(EngineError):
            await self.clerk.ask("audit.note", told)


def login_form_pages(login: Login) -> dict[str, OwnPage]:
    """The pages by path."""
    return {
        LOG_IN: gate_page(GET=login.ask, POST=login.log_in),
        f"{UI}/logout": admin_page(POST=login.log_out),
    }


def _next(path: str) -> str:
    """Where to go from here: a page of the admin's own, whatever was asked for."""
    inside = path == HOME or path.startswith(f"{UI}/")
    return path if inside and path.isascii() and path.isprintable() and "\\" not in path else HOME
