"""Whole answers that the server gives by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from engine.errors import ErrorInfo
from engine.gateway.report import retry_headers
from engine.surfaces.registry import SURFACES

JSON = "application/json"
HUB = "openai-chat"


@dataclass(frozen=True, slots=True)
class Page:
    """Has the shape of a gateway's answer, with its body complete."""

    status: int
    body: bytes = b""
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


def json_page(data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Page:
    return Page(status, orjson.dumps(data, option=orjson.OPT_NON_STR_KEYS), JSON, headers or {})


def error_page(info: ErrorInfo, headers: Mapping[str, str] | None = None, surface: str = HUB) -> Page:
    """An error in the shape that the clients of `surface` know; any other name is the hub's."""
    shape = SURFACES.get(surface) or SURFACES.get(HUB)
    assert shape is not None
    return json_page(shape.error(info), info.status, {**retry_headers(info), **(headers or {})})
