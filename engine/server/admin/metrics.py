"""`/metrics`, and who may read it: it names models, providers and clients, and how much they are used."""

from __future__ import annotations

from collections.abc import Callable

from engine.errors import RequestRefused
from engine.server.access.auth import AdminDoor
from engine.server.access.wrong_keys import WrongKeys
from engine.server.own_pages import Asked, OwnPage, own_page
from engine.server.page import Page
from engine.spec.settings import Settings

PATH = "/metrics"
METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
CLOSED = (
    "the metrics are closed: the server is open to other machines and has no admin key; set `metrics: open` "
    "in proxyctl.yaml, or `admin: {key: …}`, with which they can then be read"
)


def metrics_pages(
    settings: Settings, local: bool, text: Callable[[], str], wrong: WrongKeys | None = None
) -> dict[str, OwnPage]:
    """The page by its path. `local`: only this machine can connect at all."""
    if settings.metrics == "off":
        return {}
    door = AdminDoor(None if local else settings.admin_key, local, wrong=wrong)

    async def metrics(asked: Asked) -> Page:
        if settings.metrics != "open":
            _admit(door, asked)
        return Page(200, text().encode(), METRICS_TYPE)

    return {PATH: own_page(GET=metrics)}


def _admit(door: AdminDoor, asked: Asked) -> None:
    if door.key is None and not door.local:
        raise RequestRefused(CLOSED, status=403, code="metrics_closed")
    door.admit(asked.inbound)
