"""What goes into an endpoint and what comes out of it, as JSON Schemas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from engine.actions.program import ActionProgram
from engine.server.endpoints import NAME
from engine.server.page import HUB
from engine.snapshot.model import Endpoint

FILE = Path(__file__).parent / "bodies.yaml"
JSON = "application/json"

# Where a protocol of the site's own has no words in the file, these are for what is asked of it.
ANY = "any"


@dataclass(frozen=True, slots=True)
class Body:
    """`request` and `response` are JSON Schemas, None where any will do. `usual_errors`: in the hub's shape.

    `takes` and `gives` are content types.
    """

    summary: str
    about: str = ""
    request: Mapping[str, Any] | None = None
    response: Mapping[str, Any] | None = None
    streams: bool = False
    usual_errors: bool = False
    takes: tuple[str, ...] = (JSON,)
    gives: tuple[str, ...] = (JSON,)


def body_of(endpoint: Endpoint) -> Body:
    """Of an endpoint that speaks a protocol."""
    words = _shipped()
    kind = "model" if endpoint.kind == "models" and NAME.search(endpoint.path) else endpoint.kind
    told = words.get(endpoint.surface, {}).get(kind) or words[ANY].get(kind) or words[ANY]["surface"]
    return Body(
        told["summary"],
        told.get("about", ""),
        told.get("request"),
        told.get("response"),
        told.get("streams", False),
        endpoint.surface == HUB,
        tuple(told.get("takes", (JSON,))),
        tuple(told.get("gives", (JSON,))),
    )


def action_body(program: ActionProgram) -> Body:
    """Of an endpoint over an action: what its template says of the answer, or what the action's result is."""
    action = program.action
    about = f"The action `{action.name}`."
    if program.stream is not None:
        about += " Where it is asked to stream, the answer is server-sent events."
    return Body(
        action.summary.rstrip("."),
        about,
        program.schema,
        program.answers if program.answers is not None else _result(action.result),
        program.stream is not None,
    )


def _result(fields: Mapping[str, str]) -> Mapping[str, Any] | None:
    if "" in fields:
        return None  # no object
    return {"type": "object", "properties": {name: {"description": about} for name, about in fields.items()}}


@cache
def _shipped() -> Mapping[str, Mapping[str, Any]]:
    """By protocol and by what is asked."""
    found: Mapping[str, Mapping[str, Any]] = yaml.safe_load(FILE.read_bytes())
    return found
