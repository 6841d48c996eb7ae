"""What pools have at run time beside what their site declares."""

from __future__ import annotations

from collections.abc import Mapping

from engine.credentials.model import Found, Pool, joined

NOTHING: Mapping[str, Found] = {}


class Vault:
    """Pool → what was found for it. The map is replaced as a whole, so that a request sees all or nothing."""

    __slots__ = ("found",)

    def __init__(self, found: Mapping[str, Found] = NOTHING) -> None:
        self.found = found

    def pool(self, pool: Pool) -> Pool:
        """The pool as it is now."""
        found = self.found.get(pool.name) if self.found else None
        return pool if found is None else joined(pool, found)
