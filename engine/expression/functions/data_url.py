"""data_url: the parts of a data URL."""

from __future__ import annotations

import re

from engine.expression.function import Example, Function

_DATA_URL = re.compile(r"data:([^;,]*)(?:;[^;,]+)*;base64,", re.IGNORECASE)


def _data_url(url: str) -> dict[str, str] | None:
    head = _DATA_URL.match(url)
    if head is None:
        return None
    return {"media_type": head.group(1).lower() or "text/plain", "data": url[head.end() :]}


SPEC = Function(
    "data_url(url: string) -> object",
    "The media type and the base64 data of a data URL; null for any other URL.",
    _data_url,
    (
        Example("data_url('data:image/png;base64,iVBO')", {"media_type": "image/png", "data": "iVBO"}),
        Example("data_url('data:audio/wav;rate=8;base64,UklG').media_type", "audio/wav"),
        Example("data_url('https://example.com/a.png')", None),
        Example("data_url('data:text/plain,hello')", None),
        Example("data_url(`null`)", None),
    ),
)
