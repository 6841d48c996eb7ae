"""Where a misplaced key belongs: did-you-mean within an object, and across objects."""

from __future__ import annotations

from functools import cache

from engine.registry import nearest
from engine.spec.base import Spec
from engine.spec.client import Client
from engine.spec.dialect import Dialect
from engine.spec.document import RouteFile
from engine.spec.endpoint import Endpoint
from engine.spec.model import Model, Target
from engine.spec.objects import fields_of
from engine.spec.pool import Credential, Pool
from engine.spec.provider import Provider
from engine.spec.settings import SiteFile

# Objects that people confuse, most likely first, as hints call them.
PLACES: tuple[tuple[type[Spec], str], ...] = (
    (Provider, "providers"),
    (Pool, "pools"),
    (Credential, "the credentials of a pool"),
    (Model, "models"),
    (Target, "the targets of a model"),
    (Endpoint, "endpoints"),
    (Client, "clients"),
    (Dialect, "dialects"),
    (RouteFile, "the top level of a route file"),
    (SiteFile, "proxyctl.yaml"),
)
MOST_PLACES = 3


@cache
def _places() -> dict[str, list[str]]:
    """Key → the objects that have it."""
    found: dict[str, list[str]] = {}
    for cls, label in PLACES:
        for item in fields_of(cls):
            found.setdefault(item.key, []).append(label)
    return found


def belongs(key: str, known: list[str], *, at_root: bool) -> str | None:
    """What to do about an unknown key, where `known` are the keys that may stand there.

    A key that is right in another object is misplaced rather than misspelt, except at the root.
    """
    places = _places()
    near = nearest(key, known)
    if near and (at_root or key not in places or near.lower() == key.lower()):
        return f"did you mean '{near}'?"
    meant = key if key in places else nearest(key, list(places))
    if meant is None:
        return None
    where = places[meant][:MOST_PLACES]
    return f"'{meant}' belongs to {', '.join(where[:-1])}{' and ' if where[1:] else ''}{where[-1]}"
