"""What a client protocol asks beside its chat, and the server knows: the models, what is always the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from engine.events import Inbound
from engine.gateway.access import find_alias, visible_names
from engine.gateway.request import parse_body
from engine.server.page import HUB_SURFACE, Page, json_page
from engine.snapshot.model import Client, Endpoint, Snapshot
from engine.surfaces.surface import ModelEntry, Surface

SurfacePage = Callable[[Snapshot, Endpoint, Inbound, Client | None], Page]


def surface_of(snapshot: Snapshot, endpoint: Endpoint) -> Surface:
    return snapshot.surfaces.get(endpoint.surface) or HUB_SURFACE


def models(snapshot: Snapshot, endpoint: Endpoint, inbound: Inbound, client: Client | None) -> Page:
    """The names that a client may ask for, or the one in the path. Raises `RequestRefused` if it may not."""
    surface = surface_of(snapshot, endpoint)
    for name in inbound.names.values():
        find_alias(snapshot, name, client)
        return json_page(surface.model(ModelEntry(name)))
    return json_page(surface.models(ModelEntry(name) for name in visible_names(snapshot, client)))


def model(snapshot: Snapshot, endpoint: Endpoint, inbound: Inbound, client: Client | None) -> Page:
    """The model that a body names."""
    surface = surface_of(snapshot, endpoint)
    name = surface.model_of(parse_body(inbound.body, snapshot.settings.limits.nesting), inbound)
    find_alias(snapshot, name, client)
    return json_page(surface.model(ModelEntry(name)))


def constant(snapshot: Snapshot, endpoint: Endpoint, inbound: Inbound, client: Client | None) -> Page:
    return json_page(endpoint.answer)


SURFACE_PAGES: Mapping[str, SurfacePage] = {
    "models": models,
    "model": model,
    "constant": constant,
}
