"""Pages of the server itself: by path and method, with `{names}` in paths and JSON in bodies."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import unquote

from engine.errors import RequestRefused
from engine.events import Inbound
from engine.gateway.request import parse_body
from engine.server.endpoints import NAME, pattern_of
from engine.server.page import Answer

# Levels of the JSON of a body; what is told to the server is never deep.
NESTING = 20
NO_NAMES: Mapping[str, str] = {}


class Asked(NamedTuple):
    """A request to a page. `names`: what the `{names}` of its path stand for, decoded."""

    inbound: Inbound
    names: Mapping[str, str] = NO_NAMES

    @property
    def who(self) -> str:
        """Who asks, for the audit: there is one admin key, so no more is known than from where."""
        return f"admin@{self.inbound.remote or 'local'}"

    def body(self) -> dict[str, Any]:
        """The JSON object that was sent, an empty one when nothing was. Raises `RequestRefused`."""
        return parse_body(self.inbound.body, NESTING) if self.inbound.body.strip() else {}

    def flag(self, name: str) -> bool:
        """Whether the query says yes to `name`: `?name`, `?name=true`, `?name=1`. Raises `RequestRefused`."""
        said = self.inbound.query.get(name, "false").lower()
        if said not in ("", "true", "1", "false", "0"):
            raise RequestRefused(
                f"{name} is true or false, not {said[:40]!r}", param=name, code="invalid_value"
            )
        return said in ("", "true", "1")


PageMaker = Callable[[Asked], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class OwnPage:
    """What answers each method at a path. An endpoint of the site at the path wins, unless it is `admin`.

    `open`: of the operator's pages, and lets everybody in, or sees to that by itself.
    """

    methods: Mapping[str, PageMaker]
    admin: bool = False
    open: bool = False

    def maker(self, method: str) -> PageMaker | None:
        return self.methods.get("GET" if method == "HEAD" else method)


def own_page(**methods: PageMaker) -> OwnPage:
    """`own_page(GET=health)`: a page for everybody."""
    return OwnPage(methods)


def admin_page(**methods: PageMaker) -> OwnPage:
    """`admin_page(GET=show, DELETE=remove)`: a page for the operator."""
    return OwnPage(methods, admin=True)


def gate_page(**methods: PageMaker) -> OwnPage:
    """`gate_page(GET=ask, POST=log_in)`: a page of the operator's that asks for no key: where one logs in."""
    return OwnPage(methods, admin=True, open=True)


class PageHit(NamedTuple):
    page: OwnPage
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PageTable:
    """Pages by path. One with `{names}` begins with `/admin/`: no other request is compared with it."""

    exact: Mapping[str, PageHit] = field(default_factory=dict)
    patterns: tuple[tuple[re.Pattern[str], OwnPage], ...] = ()

    @classmethod
    def build(cls, pages: Mapping[str, OwnPage]) -> PageTable:
        exact = {path: PageHit(page, NO_NAMES) for path, page in pages.items() if not NAME.search(path)}
        named = {path: page for path, page in pages.items() if path not in exact}
        return cls(exact, tuple((pattern_of(path), page) for path, page in named.items()))

    def find(self, path: str) -> PageHit | None:
        hit = self.exact.get(path)
        if hit is None and path.startswith("/admin/"):
            return self._named(path)
        return hit

    def _named(self, path: str) -> PageHit | None:
        for pattern, page in self.patterns:
            match = pattern.fullmatch(path)
            if match:
                return PageHit(page, {name: unquote(value) for name, value in match.groupdict().items()})
        return None


def text_of(body: Mapping[str, Any], name: str) -> str | None:
    """A text of a body, None when it is not said. Raises `RequestRefused`."""
    found = body.get(name)
    if found is not None and not (isinstance(found, str) and found):
        raise RequestRefused(f"`{name}` is a text", param=name, code="invalid_value")
    return found
