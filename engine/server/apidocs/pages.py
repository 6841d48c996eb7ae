"""`/openapi.json`, `/docs` and `/redoc`. What a site serves at one of these paths wins."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import orjson

from engine.errors import EngineUnavailable, RequestRefused
from engine.server.access.auth import is_from_here
from engine.server.ingress import Served
from engine.server.own_pages import Asked, OwnPage, PageMaker, own_page
from engine.server.page import JSON, Page
from engine.server.static import files_of, static_pages
from engine.spec.settings import Settings

ASSETS = Path(__file__).parent / "assets"
DOCUMENT = "/openapi.json"
SWAGGER, REDOC = "swagger-ui-5.35.0", "redoc-2.5.4"

HEADERS = {
    # Both readers write styles into the page, and search in a worker of their own.
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    "cache-control": "no-cache",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
SHELL = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>API · proxyctl</title><link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/assets/docs.css">{style}</head>
<body><div id="api"></div>
<script src="docs/assets/{reader}.js"></script><script src="docs/assets/{start}.js"></script></body></html>
"""
STYLE = f'<link rel="stylesheet" href="docs/assets/{SWAGGER}.css">'
CLOSED = "the API docs are shown to this machine only, unless `docs: on` is written in proxyctl.yaml"


def docs_pages(settings: Settings, local: bool, served: Callable[[], Served | None]) -> dict[str, OwnPage]:
    """The pages by path. `local`: only this machine can connect at all."""
    if settings.docs == "off":
        return {}

    def guarded(make: PageMaker) -> OwnPage:
        async def page(asked: Asked) -> Page:
            if settings.docs != "on" and not (local and is_from_here(asked.inbound)):
                raise RequestRefused(CLOSED, status=403, code="docs_closed")
            answer = await make(asked)
            assert isinstance(answer, Page)
            return answer

        return own_page(GET=page)

    shells = {"/docs": _shell(SWAGGER, "start-swagger", STYLE), "/redoc": _shell(REDOC, "start-redoc", "")}
    files = {f"/docs/assets/{name}": make for name, make in static_pages(ASSETS, files_of(ASSETS))}
    moved = {"/docs/": _moved("../docs"), "/redoc/": _moved("../redoc")}
    makers = {DOCUMENT: _document(served), **shells, **files, **moved}
    return {path: guarded(make) for path, make in makers.items()}


def _document(served: Callable[[], Served | None]) -> PageMaker:
    """Made when it is asked for, and anew after a reload."""
    kept: dict[tuple[str, bool], bytes] = {}

    async def document(_: Asked) -> Page:
        now = served()
        if now is None:
            raise EngineUnavailable("nothing is loaded yet", code="not_ready", retry_after=1.0)
        of = now.snapshot.generation, now.keys.asked
        if of not in kept:
            kept.clear()
            # Late, as a server whose docs nobody reads need not hold them.
            made = import_module("engine.server.apidocs.openapi").document
            kept[of] = orjson.dumps(
                made(now.snapshot, keys_asked=now.keys.asked), option=orjson.OPT_NON_STR_KEYS
            )
        return Page(200, kept[of], JSON, {"cache-control": "no-cache", "x-content-type-options": "nosniff"})

    return document


def _shell(reader: str, start: str, style: str) -> PageMaker:
    body = SHELL.format(reader=reader, start=start, style=style).encode()

    async def shell(_: Asked) -> Page:
        return Page(200, body, "text/html; charset=utf-8", HEADERS)

    return shell


def _moved(to: str) -> PageMaker:
    async def moved(_: Asked) -> Page:
        return Page(308, b"", JSON, {"location": to})

    return moved
