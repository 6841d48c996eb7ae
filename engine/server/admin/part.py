"""A part of a long list: `?q=` (a part of the name), `offset` and `limit`. Without them all of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.errors import RequestRefused
from engine.server.own_pages import Asked

LONGEST_NUMBER = 7


@dataclass(slots=True)
class Part:
    """`total` is how many there are of what was asked for, once `choose` was called."""

    wanted: str = ""
    offset: int = 0
    limit: int | None = None
    total: int = 0

    @classmethod
    def of(cls, asked: Asked) -> Part:
        """Raises `RequestRefused`."""
        query = asked.inbound.query
        offset, limit = _number(query.get("offset", "0"), "offset"), query.get("limit")
        return cls(query.get("q", "").lower(), offset, None if limit is None else _number(limit, "limit"))

    def choose(self, names: Sequence[str]) -> Sequence[str]:
        """Those of the names that are asked for, in their order."""
        found = [name for name in names if self.wanted in name.lower()] if self.wanted else names
        self.total = len(found)
        return found[self.offset :][: self.limit]


def _number(text: str, name: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER):
        raise RequestRefused(f"{name} is a number, 0 or more", code="invalid_value", param=name)
    return int(text)
