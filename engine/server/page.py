"""Whole answers that the server gives by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import orjson

from engine.errors import ErrorInfo
from engine.gateway.answer import Joining
from engine.gateway.report import retry_headers
from engine.surfaces.registry import compiled_in
from engine.surfaces.reworded import status_of
from engine.surfaces.surface import Surface

JSON = "application/json"
HUB = "openai-chat"
HUB_SURFACE = compiled_in()[HUB]


class Answer(Protocol):
    """What the gateway answers with, and what `Page` is."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def content_type(self) -> str: ...
    @property
    def body(self) -> bytes | AsyncIterator[bytes]: ...
    @property
    def session(self) -> Joining | None: ...


@dataclass(frozen=True, slots=True)
class Page:
    """Has the shape of a gateway's answer, with its body complete."""

    status: int
    body: bytes = b""
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    session: None = None


def json_page(data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Page:
    return Page(status, orjson.dumps(data, option=orjson.OPT_NON_STR_KEYS), JSON, headers or {})


def error_page(
    info: ErrorInfo, headers: Mapping[str, str] | None = None, surface: Surface | None = None
) -> Page:
    """An error in the shape that the clients of `surface` know; without one, the hub's."""
    shape = surface or HUB_SURFACE
    return json_page(shape.error(info), status_of(shape, info), {**retry_headers(info), **(headers or {})})
