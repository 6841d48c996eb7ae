"""`GET /admin/usage`: what usage comes to, as `proxyctl usage` shows it."""

from __future__ import annotations

from engine.gateway.office import Verb
from engine.server.own_pages import Asked, OwnPage, admin_page
from engine.server.page import Page, json_page


def usage_pages(stats: Verb) -> dict[str, OwnPage]:
    """The page by its path. `stats`: the verb of that name, see `server/verbs.py`."""

    async def usage(asked: Asked) -> Page:
        return json_page(await stats(asked.inbound.query))

    return {"/admin/usage": admin_page(GET=usage)}
