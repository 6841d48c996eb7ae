"""URLs in a request to a platform that takes only bytes: which they are, and what stands in their stead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from engine.gateway.media_types import fits, media_type
from engine.gateway.plan import Place
from engine.gateway.request import Request
from engine.globs import matches_any
from engine.surfaces.media import Fetched

WEB = ("http://", "https://")

# What a plan shows where nothing tells the type.
USUAL = {"image": "image/png", "audio": "audio/mpeg", "file": "application/pdf"}


class Wanted(NamedTuple):
    """`part`: the type of the part that has the URL · `where` it stands, in the client's words."""

    part: str
    url: str
    where: str


def wanted_of(request: Request, place: Place) -> list[Wanted]:
    """What must be fetched before the request can go to this place, each URL once."""
    prefetch = place.provider.dialect.prefetch
    if prefetch is None:
        return []
    parts, besides = prefetch.parts, prefetch.besides
    found: dict[str, Wanted] = {}

    def note(part: str, url: str, where: str) -> None:
        wanted = part in parts and url.lower().startswith(WEB) and not matches_any(besides, url)
        if wanted and url not in found:
            found[url] = Wanted(part, url, where)

    request.surface.inline(place.leg.body, place.leg.chat, note)
    return list(found.values())


def with_media(request: Request, place: Place, found: Mapping[str, Fetched]) -> Place:
    """The place, its request with bytes in the stead of their URLs."""
    leg = place.leg
    body, chat = request.surface.inline(leg.body, leg.chat, lambda part, url, where: found.get(url))
    return Place(leg._replace(body=body, chat=chat), place.target, place.model)


def as_if_fetched(request: Request, place: Place) -> Place:
    """The place as a plan shows it: each URL stands for the bytes that would be fetched."""
    wanted = wanted_of(request, place)
    if not wanted:
        return place
    return with_media(request, place, {each.url: _stand_in(each) for each in wanted})


def _stand_in(wanted: Wanted) -> Fetched:
    kind = media_type(wanted.part, "", wanted.url, b"")
    usual = USUAL[wanted.part]
    return Fetched(kind if fits(wanted.part, kind) else usual, f"(the bytes of {shown(wanted.url)})")


def shown(url: str) -> str:
    """A URL without what may be secret in it."""
    return urlsplit(url)._replace(query="", fragment="").geturl()[:300]
