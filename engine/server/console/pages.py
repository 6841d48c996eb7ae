"""The pages by path: `/admin`, `/admin/ui/NAME`, and their scripts and styles.

A page holds no data: its script asks the admin API for it, with the cookie that the log-in gave.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from urllib.parse import quote

from engine import __version__
from engine.errors import EngineError, RequestRefused
from engine.events import Inbound
from engine.server.access.auth import AdminDoor
from engine.server.access.sessions import cookie
from engine.server.console import language
from engine.server.own_pages import Asked, OwnPage, gate_page
from engine.server.page import Page
from engine.server.static import files_of, static_pages

HOME, UI = "/admin", "/admin/ui"
LOG_IN = f"{UI}/login"
ASSETS = Path(__file__).parent / "assets"

# In the order of the menu; each has a template and texts of its name.
PAGES = (
    "overview", "models", "targets", "credentials", "clients", "usage", "try", "configuration", "settings",
    "audit",
)  # fmt: skip
THEMES = ("auto", "light", "dark")
THEME_COOKIE = "proxyctl_theme"
YEAR = 365 * 86400

HTML = "text/html; charset=utf-8"
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "cache-control": "no-store",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
}


def console_pages(door: AdminDoor) -> dict[str, OwnPage]:
    """The pages by path, but for those of `login.py`."""

    async def home(asked: Asked) -> Page:
        return _page(door, asked, PAGES[0])

    async def page(asked: Asked) -> Page:
        return _page(door, asked, asked.names["page"])

    files = static_pages(ASSETS, files_of(ASSETS))
    return {
        HOME: gate_page(GET=home),
        f"{HOME}/": gate_page(GET=home),
        f"{UI}/{{page}}": gate_page(GET=page),
        **{f"{UI}/assets/{name}": gate_page(GET=make) for name, make in files},
    }


def _page(door: AdminDoor, asked: Asked, name: str) -> Page:
    inbound = asked.inbound
    try:
        door.admit(inbound)
    except RequestRefused as refused:
        if refused.info.status == 401:
            return see_other(f"{LOG_IN}?next={quote(inbound.path)}")
        return closed(inbound, refused)
    if name not in PAGES:
        return closed(inbound, RequestRefused("there is no such page", status=404))
    return html(inbound, name, keyed=door.key is not None)


def closed(inbound: Inbound, refused: EngineError) -> Page:
    """A page that says why there is none."""
    values = {"message": refused.info.message, "keyed": False}
    return html(inbound, "closed", refused.info.status, **values)


def html(inbound: Inbound, name: str, status: int = 200, **values: object) -> Page:
    """A template in the language and the theme that the browser asks for."""
    chosen, theme = language.language(inbound), _theme(inbound)
    render = import_module("engine.server.console.render").render
    known = {"name": name, "pages": PAGES, "theme": theme, "themes": THEMES, "version": __version__}
    body = render(name, chosen, **known, path=inbound.path, **values)
    return Page(status, body, HTML, {**HEADERS, **_kept(inbound)})


def see_other(path: str, headers: Mapping[str, str] | None = None) -> Page:
    return Page(303, b"", HTML, {"location": path, "cache-control": "no-store", **(headers or {})})


def set_cookie(inbound: Inbound, name: str, value: str, lasts: float, path: str = HOME) -> str:
    """For one header. `Secure` where the browser came by https."""
    secure = "; Secure" if inbound.headers.get("x-forwarded-proto", "").lower() == "https" else ""
    return f"{name}={value}; Path={path}; Max-Age={int(lasts)}; HttpOnly; SameSite=Strict{secure}"


def _theme(inbound: Inbound) -> str:
    for chosen in (inbound.query.get("theme", ""), cookie(inbound, THEME_COOKIE)):
        if chosen in THEMES:
            return chosen
    return THEMES[0]


def _kept(inbound: Inbound) -> dict[str, str]:
    """A choice that the query makes holds for later pages; there is one at a time."""
    chosen = inbound.query.get("lang", "")
    if chosen in language.LANGUAGES:
        return {"set-cookie": set_cookie(inbound, language.COOKIE, chosen, YEAR)}
    chosen = inbound.query.get("theme", "")
    return {"set-cookie": set_cookie(inbound, THEME_COOKIE, chosen, YEAR)} if chosen in THEMES else {}
