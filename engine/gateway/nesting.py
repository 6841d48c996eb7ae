"""Whether a body nests too deep. A short text with few brackets cannot, so most bodies are never walked."""

from __future__ import annotations

from gc import get_referents, is_tracked
from typing import Any

# Longer texts mostly have more brackets than levels are allowed: to count them does not help.
SHORT = 8192


def nests_deeper(raw: bytes, data: Any, limit: int) -> bool:
    """Whether `data`, the JSON value of `raw`, has more than `limit` levels of objects and lists."""
    if len(raw) <= SHORT and _openings(raw, limit + 1) <= limit:
        return False
    # The collector's own look at what objects and lists hold is one call for a whole level. What it does not
    # track holds no object or list (and is none, or a flat object), so that ends where it is.
    level: list[Any] = [data]
    for _ in range(1, limit):
        level = list(filter(is_tracked, get_referents(*level)))
        if not level:
            return False
    return any(isinstance(child, dict | list) for child in get_referents(*level))


def _openings(raw: bytes, most: int) -> int:
    """How many brackets open, each kind counted up to `most`.

    `replace` jumps from one to the next, where `count` looks at every byte.
    """
    return 2 * len(raw) - len(raw.replace(b"{", b"", most)) - len(raw.replace(b"[", b"", most))
