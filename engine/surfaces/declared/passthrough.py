"""What of a declared protocol passes as it is to its platform; the dialect reads what must be read of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import orjson

from engine.surfaces.json_names import ESCAPED_LETTER, names_once

Json = dict[str, Any]


class DeclaredPassthrough:
    """Implements `surface.Passthrough`. `model_in_body`: requests name their model there, not in the path."""

    reading = None

    def __init__(self, *, model_in_body: bool, notable: Iterable[str]) -> None:
        self._model_in_body = model_in_body
        words = [re.escape(orjson.dumps(word)) for word in notable]
        self.notable = re.compile(b"|".join([*words, ESCAPED_LETTER]))

    def patch(self, raw: bytes | None, body: Json, model: str) -> bytes:
        """The client's own bytes, unless another model is to be named in them, or they could name two."""
        if not self._model_in_body:
            return raw if raw is not None else orjson.dumps(body)
        if raw is not None and body.get("model") == model and names_once(raw, b'"model"'):
            return raw
        return orjson.dumps({**body, "model": model})
