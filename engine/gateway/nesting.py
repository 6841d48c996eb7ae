"""Whether a body nests too deep. A short text with few brackets cannot, so most bodies are never walked."""

from __future__ import annotations

from typing import Any

# To count the brackets of a longer text takes longer than to walk through its data.
SHORT = 8192


def nests_deeper(raw: bytes, data: Any, limit: int) -> bool:
    """Whether `data`, the JSON value of `raw`, has more than `limit` levels of objects and lists."""
    if len(raw) <= SHORT and raw.count(b"{") + raw.count(b"[") <= limit:
        return False
    level = [data] if isinstance(data, dict | list) else []
    for _ in range(limit):
        level = [
            child
            for value in level
            for child in (value.values() if type(value) is dict else value)
            if type(child) is dict or type(child) is list
        ]
        if not level:
            return False
    return bool(level)
