"""`POST /admin/diff`: how a site's files differ from those that are served, without a secret.

The files travel here, since the ones that are served may hold secrets that nobody is to be told.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from engine.adapters.redaction import redact
from engine.config.site import SiteFiles
from engine.diagnostics import Problems
from engine.errors import EngineUnavailable, RequestRefused
from engine.server.own_pages import Asked, OwnPage, admin_page
from engine.server.page import Page, json_page
from engine.server.published import Published
from engine.snapshot.description import describe
from engine.snapshot.difference import Change, compare
from engine.snapshot.reconcile import Accepted
from engine.spec.settings import Settings


def difference_pages(published: Callable[[], Published | None], settings: Settings) -> dict[str, OwnPage]:
    """The page by its path."""

    async def differ(asked: Asked) -> Page:
        given = SiteFiles(texts_of(asked, "files"), texts_of(asked, "prompts"), settings)
        served = published()
        if served is None:
            raise EngineUnavailable("nothing is loaded yet", code="not_ready", retry_after=1.0)
        # A large site takes a second.
        changes = await asyncio.to_thread(changes_of, served.accepted, given)
        return json_page({"generation": served.generation, "changes": [each._asdict() for each in changes]})

    return {"/admin/diff": admin_page(POST=differ)}


def changes_of(served: Accepted, given: SiteFiles) -> list[Change]:
    """From what is served to what is given. Raises `RequestRefused`."""
    problems = Problems()
    before = describe(replace(given, files=served.files, prompts=served.prompts), redact, problems)
    after = describe(given, redact, problems)
    wrong = next((item for item in problems.items if item.is_error), None)
    if wrong is not None:
        raise RequestRefused(f"{wrong.at}: {wrong.message}", code="bad_site", param="files")
    return compare(before, after)


def texts_of(asked: Asked, name: str) -> dict[str, bytes]:
    """Files by name. Raises `RequestRefused`."""
    given = asked.body().get(name, {})
    if not isinstance(given, dict) or not all(isinstance(text, str) for text in given.values()):
        message = f"`{name}` is an object: names of files, and their texts"
        raise RequestRefused(message, param=name, code="invalid_value")
    return {path: text.encode("utf-8", "replace") for path, text in given.items()}
