"""The spool: where usage is kept from the end of a request until the database has it. One for each process.

Implements `ports.Ledger`. A record is two copies into a mapped file: nothing waits for a disk or a database,
and a process that is killed the moment after has lost nothing.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from zlib import crc32

import orjson

from engine.adapters.segment import COMMITTED, COUNT, RECORD, START, make, segments
from engine.ports import Telemetry

SEGMENT = 1 << 20
LIMIT = 1 << 30
LARGEST_NUMBER = 2**63 - 1

LOST = "proxyctl_ledger_lost_records_total"


class Segment:
    """One that is open for writing."""

    __slots__ = ("at", "count", "end", "file", "map", "path", "words")

    def __init__(self, directory: Path, id_: str, size: int) -> None:
        self.file, self.path = make(directory, id_, size)
        self.map = mmap.mmap(self.file, size)
        self.words = memoryview(self.map).cast("Q")
        self.at, self.end, self.count = START, size, 0

    def close(self) -> None:
        """Whoever reads it may now remove it."""
        self.words.release()
        self.map.close()
        os.close(self.file)


class Spool:
    """`record`, `tend` once in a while, `close` in the end. `id_` gives 16 ASCII characters, never twice.

    The disk may be full or gone at any time: it is asked for room when a segment is made, never for a record.
    When it is full, or its disk is, records are lost, counted, and told of: one line for each change.
    """

    def __init__(
        self,
        directory: Path,
        telemetry: Telemetry,
        *,
        id_: Callable[[], str] = lambda: os.urandom(8).hex(),
        segment: int = SEGMENT,
        limit: int = LIMIT,
    ) -> None:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._directory = directory
        self._id = id_
        self._telemetry = telemetry
        self._size = segment
        self._limit = limit
        self._now: Segment | None = None
        self._next: Segment | None = None
        self._trouble: str | None = None
        self.tend()

    def record(self, row: Sequence[object]) -> None:
        try:
            data = orjson.dumps(row)
        except TypeError:
            data = orjson.dumps([_plain(value) for value in row])
        size = len(data)
        segment = self._now
        if segment is None or segment.at + RECORD.size + size > segment.end:
            segment = self._turn(RECORD.size + size)
            if segment is None:
                self._telemetry.counter(LOST, {}).add()
                return
        end = segment.at + RECORD.size + size
        segment.map[segment.at : end] = RECORD.pack(size, crc32(data)) + data
        segment.at = end
        words = segment.words
        words[COUNT] = segment.count = segment.count + 1
        words[COMMITTED] = end

    def tend(self) -> None:
        """Make the next segment ahead, so that hardly any request has to."""
        if self._now is None:
            self._now = self._make()
        elif self._next is None and (self._trouble or self._now.at > self._size // 4):
            self._next = self._make()

    def close(self) -> None:
        for segment in (self._now, self._next):
            if segment is not None:
                segment.close()
        self._now = self._next = None

    def _turn(self, needed: int) -> Segment | None:
        """The segment for a record that does not fit into this one, None when there is to be none."""
        if needed > self._size - START:
            return None
        following = self._next
        if following is None and self._trouble is None:  # else `tend` looks whether it is over
            following = self._make()
        if following is None:
            return None
        if self._now is not None:
            self._now.close()
        self._now, self._next = following, None
        return following

    def _make(self) -> Segment | None:
        used = len(segments(self._directory)) * self._size
        if used + self._size > self._limit:
            self._tell(f"{used >> 20} MiB wait for the database, which is the limit")
            return None
        try:
            made = Segment(self._directory, self._id(), self._size)
        except OSError as exc:
            self._tell(exc.strerror or str(exc))
            return None
        self._tell(None)
        return made

    def _tell(self, trouble: str | None) -> None:
        if (trouble is None) != (self._trouble is None):
            if trouble is None:
                self._telemetry.log("info", "usage is recorded again", {})
            else:
                fields = {"error": trouble, "directory": str(self._directory)}
                self._telemetry.log("error", "usage is lost", fields)
        self._trouble = trouble


def _plain(value: object) -> object:
    """A value that JSON has: text without halves of characters, numbers of 64 bits."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, int) and not isinstance(value, bool):
        return max(-LARGEST_NUMBER, min(value, LARGEST_NUMBER))
    return value if value is None or isinstance(value, bool | float) else str(value)
