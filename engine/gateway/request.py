"""A client's request as the gateway carries it: parsed, but not yet in the words of any alias."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from engine.errors import RequestRefused
from engine.events import Inbound
from engine.gateway.nesting import nests_deeper
from engine.snapshot.model import Alias, Client, Snapshot
from engine.surfaces.surface import Surface

# A name longer than this is no name; it would only be looked up and printed.
LONGEST_NAME = 512


@dataclass(frozen=True, slots=True)
class Request:
    """One request and the snapshot that serves it to its end. `model` is the name that was asked for."""

    snapshot: Snapshot
    surface: Surface
    inbound: Inbound
    client: Client | None
    body: dict[str, Any]
    model: str


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


def model_of(body: Mapping[str, Any]) -> str:
    """The model that a body asks for. Raises `RequestRefused`."""
    model = body.get("model")
    if not isinstance(model, str) or not model or len(model) > LONGEST_NAME:
        code = "missing_required_parameter" if model is None else "invalid_value"
        raise RequestRefused("you must name a model: `model`, a string", param="model", code=code)
    return model


def apply_params(alias: Alias, body: dict[str, Any]) -> dict[str, Any]:
    """The body as the alias has it: `params` fill what the client left out, `override` wins over the client.

    A null of the client counts as left out; a null of `override` takes a parameter away.
    """
    if not alias.params and not alias.override:
        return body
    merged = {**body, **{name: value for name, value in alias.params.items() if body.get(name) is None}}
    merged.update(alias.override)
    return {name: value for name, value in merged.items() if value is not None or name not in alias.override}
