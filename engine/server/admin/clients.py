"""`/admin/clients`: clients and their keys, made, changed and revoked at run time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.errors import EngineUnavailable, RequestRefused
from engine.server.client_desk import ClientDesk
from engine.server.own_pages import Asked, OwnPage, admin_page
from engine.server.page import Page, json_page
from engine.spec.forms import FORMS, seconds

NOT_KEPT = {"cache-control": "no-store"}

# How long the key before a rotation still lets in.
GRACE = 86400.0


class ClientPages:
    def __init__(self, desk: ClientDesk) -> None:
        self._desk = desk

    async def list(self, asked: Asked) -> Page:
        """With `?partly=1`, while the database is away: those of route files, and why there are no others."""
        try:
            return json_page({"clients": await self._desk.listed()})
        except EngineUnavailable as away:
            if "partly" not in asked.inbound.query:
                raise
            return json_page({"clients": self._desk.declared(), "away": away.info.message})

    async def show(self, asked: Asked) -> Page:
        return json_page(await self._desk.shown(asked.names["name"]))

    async def create(self, asked: Asked) -> Page:
        return json_page(await self._desk.create(asked.body(), asked.who), 201, NOT_KEPT)

    async def update(self, asked: Asked) -> Page:
        return json_page(await self._desk.update(asked.names["name"], asked.body(), asked.who))

    async def rotate(self, asked: Asked) -> Page:
        grace = grace_of(asked.body())
        return json_page(await self._desk.rotate(asked.names["name"], grace, asked.who), 200, NOT_KEPT)

    async def revoke(self, asked: Asked) -> Page:
        return json_page(await self._desk.end("revoke", asked.names["name"], asked.who))

    async def delete(self, asked: Asked) -> Page:
        return json_page(await self._desk.end("delete", asked.names["name"], asked.who))


def client_pages(desk: ClientDesk) -> dict[str, OwnPage]:
    pages = ClientPages(desk)
    one = "/admin/clients/{name}"
    return {
        "/admin/clients": admin_page(GET=pages.list, POST=pages.create),
        one: admin_page(GET=pages.show, PATCH=pages.update, DELETE=pages.delete),
        f"{one}/rotate": admin_page(POST=pages.rotate),
        f"{one}/revoke": admin_page(POST=pages.revoke),
    }


def grace_of(body: Mapping[str, Any]) -> float:
    """Seconds out of `{"grace": "1h"}`. Raises `RequestRefused`."""
    unknown = [key for key in body if key != "grace"]
    if unknown:
        raise RequestRefused(f"unknown key {unknown[0][:80]!r}; there is `grace`", code="unknown_key")
    grace = body.get("grace", GRACE)
    if isinstance(grace, str) and FORMS["duration"].fits(grace):
        return seconds(grace)
    if isinstance(grace, int | float) and not isinstance(grace, bool) and grace >= 0:
        return float(grace)
    message = "grace: a duration, 1h or 1d, or a number of seconds"
    raise RequestRefused(message, code="invalid_value", param="grace")
