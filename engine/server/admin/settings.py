"""`/admin/settings`: the settings that may be changed at run time; secrets are set and never shown."""

from __future__ import annotations

from engine.errors import RequestRefused
from engine.server.own_pages import Asked, OwnPage, admin_page
from engine.server.page import Page, json_page
from engine.server.runtime_settings import RuntimeSettings


def setting_pages(settings: RuntimeSettings) -> dict[str, OwnPage]:
    """The page by its path."""

    async def show(_: Asked) -> Page:
        return json_page({"settings": settings.all()})

    async def change(asked: Asked) -> Page:
        given = asked.body().get("settings")
        if not isinstance(given, dict) or not given:
            message = "`settings` is an object of names and values; null goes back to what the site says"
            raise RequestRefused(message, param="settings", code="invalid_value")
        changed = await settings.set(given, asked.who)
        return json_page({"settings": settings.all(), "changed": changed})

    return {"/admin/settings": admin_page(GET=show, POST=change)}
