"""The server's own pages: is it alive, is it ready, what does it serve, and reload now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from engine.server.board import Board
from engine.server.own_pages import Asked, OwnPage, admin_page, own_page
from engine.server.page import Page, json_page


class Served(Protocol):
    """What is served, as the worker's reload keeps it."""

    @property
    def published(self) -> Mapping[str, Any]:
        """generation, loaded_at and files (state, since, diagnostics), as they were published last."""
        ...

    @property
    def ready(self) -> bool: ...

    @property
    def counters(self) -> str:
        """Where limits are counted now."""
        ...

    async def reload_now(self) -> Mapping[str, Any]: ...


def site_pages(served: Served, board: Board) -> dict[str, OwnPage]:
    """The pages by path."""

    async def health(_: Asked) -> Page:
        return json_page({"status": "ok"})

    async def ready(_: Asked) -> Page:
        if served.ready:
            return json_page({"status": "ready", "generation": served.published["generation"]})
        return json_page({"status": "not ready"}, 503, {"retry-after": "1"})

    async def config(_: Asked) -> Page:
        return json_page(config_data(served, board))

    async def reload(_: Asked) -> Page:
        result = await served.reload_now()
        return json_page(result, 200 if result["result"] != "failed" else 503)

    return {
        "/health": own_page(GET=health),
        "/ready": own_page(GET=ready),
        "/admin/config": admin_page(GET=config),
        "/admin/reload": admin_page(POST=reload),
    }


def config_data(served: Served, board: Board) -> dict[str, Any]:
    """The shape of `GET /admin/config` and of `proxyctl status --format json`."""
    return {
        "generation": served.published.get("generation"),
        "loaded_at": served.published.get("loaded_at"),
        "workers": [{key: worker[key] for key in ("pid", "generation")} for worker in board.workers()],
        "counters": served.counters,
        "files": served.published.get("files", {}),
    }
