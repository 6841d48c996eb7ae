"""Events of an action's stream, as frames of server-sent events."""

from __future__ import annotations

from typing import Any

import orjson

CONTENT_TYPE = "text/event-stream; charset=utf-8"


def frames_of(value: Any) -> bytes:
    """The frames of what a template gave: an object is JSON, a text is itself, a list is several.

    Nothing, and an object without any key, are none.
    """
    if isinstance(value, list):
        return b"".join(map(frames_of, value))
    if value is None or value == {}:
        return b""
    if isinstance(value, str):
        lines = value.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        return b"".join(b"data: %b\n" % line.encode("utf-8", "replace") for line in lines) + b"\n"
    return b"data: %b\n\n" % orjson.dumps(value)
