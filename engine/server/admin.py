"""The server's own pages: is it alive, is it ready, what does it serve, its numbers, and reload now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from engine.adapters.metrics import from_data, render
from engine.adapters.telemetry import SystemTelemetry
from engine.events import Inbound
from engine.server.board import Board
from engine.server.ingress import OwnPage
from engine.server.page import Page, json_page

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Served(Protocol):
    """What is served, as the worker's reload keeps it."""

    @property
    def published(self) -> Mapping[str, Any]:
        """generation, loaded_at and files (state, since, diagnostics), as they were published last."""
        ...

    @property
    def ready(self) -> bool: ...

    async def reload_now(self) -> Mapping[str, Any]: ...


def own_pages(served: Served, board: Board, telemetry: SystemTelemetry) -> dict[str, OwnPage]:
    """The pages by path."""

    async def health(_: Inbound) -> Page:
        return json_page({"status": "ok"})

    async def ready(_: Inbound) -> Page:
        if served.ready:
            return json_page({"status": "ready", "generation": served.published["generation"]})
        return json_page({"status": "not ready"}, 503, {"retry-after": "1"})

    async def metrics(_: Inbound) -> Page:
        _site_numbers(served, telemetry)
        others = [from_data(rows) for rows in board.numbers_of_others()]
        return Page(200, render([telemetry.metrics.families, *others]).encode(), METRICS_TYPE)

    async def config(_: Inbound) -> Page:
        return json_page(config_data(served, board))

    async def reload(_: Inbound) -> Page:
        result = await served.reload_now()
        return json_page(result, 200 if result["result"] != "failed" else 503)

    return {
        "/health": OwnPage(("GET",), health),
        "/ready": OwnPage(("GET",), ready),
        "/metrics": OwnPage(("GET",), metrics),
        "/admin/config": OwnPage(("GET",), config, admin=True),
        "/admin/reload": OwnPage(("POST",), reload, admin=True),
    }


def config_data(served: Served, board: Board) -> dict[str, Any]:
    """The shape of `GET /admin/config` and of `proxyctl status --format json`."""
    return {
        "generation": served.published.get("generation"),
        "loaded_at": served.published.get("loaded_at"),
        "workers": [{key: worker[key] for key in ("pid", "generation")} for worker in board.workers()],
        "files": served.published.get("files", {}),
    }


def _site_numbers(served: Served, telemetry: SystemTelemetry) -> None:
    """What alerts are made of, besides the counters."""
    files = served.published.get("files", {})
    rejected = sum(file["state"] == "rejected" for file in files.values())
    gauge = telemetry.metrics.gauge
    gauge("proxyctl_config_last_reload_successful", {}, 0.0 if rejected else 1.0)
    gauge("proxyctl_config_loaded_timestamp_seconds", {}, served.published.get("loaded_at") or 0.0)
    gauge("proxyctl_config_files", {"state": "active"}, len(files) - rejected)
    gauge("proxyctl_config_files", {"state": "rejected"}, rejected)
