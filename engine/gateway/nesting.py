"""Whether a body nests too deep. What has few brackets cannot, so most bodies are never walked."""

from __future__ import annotations

from typing import Any


def nests_deeper(raw: bytes, data: Any, limit: int) -> bool:
    """Whether `data`, the JSON value of `raw`, has more than `limit` levels of objects and lists."""
    if raw.count(b"{") + raw.count(b"[") <= limit:
        return False
    level = [data]
    for _ in range(limit):
        level = [child for value in level for child in _children(value)]
        if not level:
            return False
    return True


def _children(value: Any) -> list[Any]:
    """The objects and lists right inside an object or a list."""
    inside = value.values() if isinstance(value, dict) else value
    return [child for child in inside if isinstance(child, dict | list)]
