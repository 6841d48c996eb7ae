"""`/admin/login/{provider}`: begin a login, then ask how far it has come. No answer holds a token."""

from __future__ import annotations

from engine.server.own_pages import Asked, OwnPage, admin_page, text_of
from engine.server.page import Page, json_page
from engine.server.vault.logins import Logins


def login_pages(logins: Logins) -> dict[str, OwnPage]:
    """The pages by path."""

    async def start(asked: Asked) -> Page:
        body = asked.body()
        pool, id_ = (text_of(body, name) for name in ("pool", "id"))
        return json_page(await logins.start(asked.names["provider"], pool, id_), 201)

    async def poll(asked: Asked) -> Page:
        return json_page(await logins.poll(asked.names["provider"], asked.names["login"]))

    return {
        "/admin/login/{provider}": admin_page(POST=start),
        "/admin/login/{provider}/{login}": admin_page(POST=poll),
    }
