"""Slots of one size, found by the digests of their keys. Whoever calls holds the lock."""

from __future__ import annotations

import mmap
from struct import Struct

from engine.adapters.shared.layout import DIGEST, Area
from engine.memo import Memo

# A key's slot is among so many, from the one on that its digest names.
PROBES = 16
EMPTY = bytes(DIGEST)
# Of so many keys it is remembered where their slots begin.
KEPT = 8192
ENDS = Struct("<d")
NAMED = Struct("<I")


class Table:
    """A slot is free when its time is over. If none is, the one whose time ends first gives way."""

    def __init__(self, memory: mmap.mmap, area: Area) -> None:
        self.memory = memory
        self.area = area
        base, slots, size = area
        self._first: Memo[bytes, int] = Memo(
            lambda digest: base + (NAMED.unpack_from(digest)[0] & (slots - 1)) * size, KEPT
        )

    def find(self, digest: bytes) -> int:
        """Where the slot of a key stands, or 0."""
        memory, at = self.memory, self._first[digest]
        found = memory[at : at + DIGEST]
        if found == digest:
            return at
        for _ in range(1, PROBES):
            if found == EMPTY:
                return 0
            at = self._after(at)
            found = memory[at : at + DIGEST]
            if found == digest:
                return at
        return 0

    def _after(self, at: int) -> int:
        """The slot behind it; behind the last one comes the first."""
        following = at + self.area.size
        return following if following < self.area.end else self.area.at

    def claim(self, digest: bytes, now: float) -> int:
        """Its slot; a new one, which is empty, if it has none."""
        return self.find(digest) or self._make(digest, now)

    def _make(self, digest: bytes, now: float) -> int:
        """A new slot for a key that has none."""
        memory, at = self.memory, self._first[digest]
        best, ends_first = 0, 0.0
        for _ in range(PROBES):
            (ends,) = ENDS.unpack_from(memory, at + DIGEST)
            if not best or ends < ends_first:
                best, ends_first = at, ends
            if ends <= now:
                break
            at = self._after(at)
        # First the body, lest a digest stand before what belongs to another one.
        size = self.area.size
        memory[best + DIGEST : best + size] = bytes(size - DIGEST)
        memory[best : best + DIGEST] = digest
        return best

    def all(self) -> list[int]:
        """Where the slots stand that were ever used."""
        memory, (base, slots, size) = self.memory, self.area
        places = range(base, base + slots * size, size)
        return [at for at in places if memory[at : at + DIGEST] != EMPTY]


def body(format: str) -> Struct:
    """What stands behind a slot's digest, its time first."""
    return Struct(f"<d{format}")
