"""Keys for upstreams that callers bring in the body: taken out before anything else sees it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from engine.events import Inbound
from engine.surfaces.forms import is_form, write_form


def without_keys(
    inbound: Inbound, body: dict[str, Any], fields: Iterable[str]
) -> tuple[Inbound, dict[str, Any], dict[str, str]]:
    """The request without these fields, as bytes and as parsed, and the keys by their fields.

    What is no text is no key, and is taken out all the same.
    """
    found = [name for name in fields if name in body]
    if not found:
        return inbound, body, {}
    rest = {name: value for name, value in body.items() if name not in found}
    keys = {name: body[name].strip() for name in found if isinstance(body[name], str)}
    if not is_form(inbound.headers.get("content-type", "")):
        return inbound._replace(body=orjson.dumps(rest)), rest, keys
    written, content_type = write_form(rest)
    headers = {**inbound.headers, "content-type": content_type}
    return inbound._replace(body=written, headers=headers), rest, keys
