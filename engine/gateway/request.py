"""A client's request as the gateway carries it: parsed, but not yet in the words of any alias."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

import orjson

from engine.errors import RequestRefused
from engine.events import Inbound
from engine.gateway.nesting import nests_deeper
from engine.snapshot.model import Alias, Client, Snapshot
from engine.surfaces.forms import is_form, read_form
from engine.surfaces.listening import Note
from engine.surfaces.surface import Surface

NO_KEYS: Mapping[str, str] = {}


class Request(NamedTuple):
    """One request and the snapshot that serves it to its end. `model` is the name that was asked for."""

    snapshot: Snapshot
    surface: Surface
    inbound: Inbound
    client: Client | None
    body: dict[str, Any]
    model: str
    brought: Mapping[str, str] = NO_KEYS
    """The client's own keys for upstreams that stood in its body."""
    own: Alias | None = None
    """The target that it brings along, instead of an alias of the site."""
    note: Note | None = None
    """Where a surface that listens writes down the answer."""


new_request = partial(tuple.__new__, Request)
"""`Request(…)` of a tuple, without the detour through its constructor, as `events.new_event`."""


def read_body(inbound: Inbound, surface: Surface, nesting: int) -> dict[str, Any]:
    """What a client sent: a JSON object, or a form's fields where such may come. Raises `RequestRefused`."""
    if surface.form is not None:
        content_type = inbound.headers.get("content-type", "")
        if is_form(content_type):
            return read_form(inbound.body, content_type, surface.form)
    return parse_body(inbound.body, nesting)


def parse_body(raw: bytes, nesting: int) -> dict[str, Any]:
    """The JSON object in `raw`, of `nesting` levels at most. Raises `RequestRefused`."""
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError as exc:
        raise RequestRefused(f"the body is not valid JSON: {exc}", code="invalid_json") from exc
    if not isinstance(body, dict):
        raise RequestRefused("the body must be a JSON object", code="invalid_type")
    if nests_deeper(raw, body, nesting):
        raise RequestRefused(f"the body nests deeper than {nesting} levels", code="json_too_deep")
    return body


def params_of(alias: Alias, client: Client | None) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """`params` and `override` that hold; what is said of the caller wins over what is said of the model."""
    params, override = alias.params, alias.override
    if client is not None and (client.params or client.override):
        return {**params, **client.params}, {**override, **client.override}
    return params, override
