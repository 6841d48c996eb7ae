"""An operation beside the chat whose bytes pass through: the model is set going up, nothing is changed coming
down.
"""

from __future__ import annotations

from typing import Any

import orjson

from engine.surfaces.json_names import names_once

Json = dict[str, Any]


class PassedAnswer:
    """Implements `surface.Passthrough`; usage is read by the dialect, which has to tell it anyway."""

    reading = None
    notable = None

    def patch(self, raw: bytes | None, body: Json, model: str) -> bytes:
        if raw is not None and body.get("model") == model and names_once(raw, b'"model"'):
            return raw
        return orjson.dumps({**body, "model": model})
