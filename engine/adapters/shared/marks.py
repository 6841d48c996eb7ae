"""Marks in the file. Each worker has them in its memory, too, and reads what has changed since it looked."""

from __future__ import annotations

import mmap
from collections.abc import Mapping
from struct import Struct

from engine.adapters.shared.layout import BODY, CHANGES, DIGEST, LOG, LOGGED, MARKS
from engine.adapters.shared.table import Table, body

NO_MARKS: Mapping[str, float] = {}
MARK = body(f"{DIGEST}sH")
NAME = DIGEST + MARK.size
LONGEST = MARKS.size - NAME
MOST_ALONE = 1000
COUNT = Struct("<Q")
SLOT = Struct("<H")


class Marks(Table):
    """`group` and `name` of a mark are digests where the file is meant, texts where people are.

    `seen` is what stood at `CHANGED` when this worker looked last, which takes the lock; as long as it stands
    there, which takes none, `groups` are current.
    """

    def __init__(self, memory: mmap.mmap) -> None:
        super().__init__(memory, MARKS)
        self.seen = b""
        self.groups: dict[bytes, dict[str, float]] = {}
        self._slots: dict[int, tuple[bytes, str]] = {}
        # Of names that are too long for a slot: marks for this worker alone.
        self._alone: dict[bytes, dict[str, float]] = {}

    def of(self, group: bytes) -> Mapping[str, float]:
        """As they were when this worker looked last."""
        return self.groups.get(group, NO_MARKS)

    def set(self, digest: bytes, group: bytes, name: str, until: float, now: float) -> None:
        text = name.encode()
        if len(text) > LONGEST:
            self._set_alone(group, name, until)
            return
        at = self.find(digest)
        if at and MARK.unpack_from(self.memory, at + DIGEST)[0] >= until:
            return
        at = at or self.claim(digest, now)
        self.memory[at + NAME : at + NAME + len(text)] = text
        MARK.pack_into(self.memory, at + DIGEST, until, group, len(text))
        self._changed(at)

    def _set_alone(self, group: bytes, name: str, until: float) -> None:
        if sum(map(len, self._alone.values())) >= MOST_ALONE:
            self._alone.clear()
        self._alone.setdefault(group, {})[name] = max(until, self.of(group).get(name, 0.0))
        self.seen = b""

    def clear(self, digest: bytes, group: bytes, name: str) -> None:
        at = self.find(digest)
        if self._alone.get(group, {}).pop(name, None) is not None:
            self.seen = b""
        elif at:
            self.memory[at + DIGEST : at + BODY] = bytes(8)
            self._changed(at)

    def _changed(self, at: int) -> None:
        (changes,) = COUNT.unpack_from(self.memory, CHANGES)
        SLOT.pack_into(self.memory, LOG + changes % LOGGED * SLOT.size, (at - MARKS.at) // MARKS.size)
        COUNT.pack_into(self.memory, CHANGES, changes + 1)

    def look(self) -> None:
        """Read what has changed."""
        (changes,) = COUNT.unpack_from(self.memory, CHANGES)
        seen = int.from_bytes(self.seen, "little") if self.seen else -LOGGED
        if 0 <= changes - seen <= LOGGED:
            for change in range(seen, changes):
                (slot,) = SLOT.unpack_from(self.memory, LOG + change % LOGGED * SLOT.size)
                self._read(MARKS.at + slot * MARKS.size)
        else:
            self.groups = {group: dict(marks) for group, marks in self._alone.items()}
            self._slots.clear()
            for at in self.all():
                self._read(at)
        self.seen = COUNT.pack(changes)

    def forget_endless(self) -> None:
        """What was marked for good was so for the life of the servers that are no more."""
        for at in self.all():
            if MARK.unpack_from(self.memory, at + DIGEST)[0] == float("inf"):
                self.memory[at + DIGEST : at + BODY] = bytes(8)
                self._changed(at)

    def _read(self, at: int) -> None:
        before = self._slots.pop(at, None)
        if before is not None:
            self._drop(*before)
        until, group, length = MARK.unpack_from(self.memory, at + DIGEST)
        if until > 0:
            name = self.memory[at + NAME : at + NAME + length].decode("utf-8", "replace")
            self._slots[at] = (group, name)
            self.groups.setdefault(group, {})[name] = until

    def _drop(self, group: bytes, name: str) -> None:
        marks = self.groups.get(group)
        if marks is not None:
            marks.pop(name, None)
            if not marks:
                del self.groups[group]
