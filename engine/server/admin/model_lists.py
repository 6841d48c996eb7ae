"""`GET /admin/models`: what platforms listed, and the names that globs answer to by it."""

from __future__ import annotations

from collections.abc import Callable

from engine.server.model_lists import ModelLists
from engine.server.own_pages import Asked, OwnPage, admin_page
from engine.server.page import Page, json_page
from engine.snapshot.model import Snapshot


def model_list_pages(lists: ModelLists, serving: Callable[[], Snapshot | None]) -> dict[str, OwnPage]:
    """The page by its path."""

    async def models(_: Asked) -> Page:
        return json_page({"models": list(lists.told(serving())), "lists": lists.lists})

    return {"/admin/models": admin_page(GET=models)}
