"""From the spool into the database: everything that anybody wrote, living or dead, each record once."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import orjson

from engine.adapters.lock import FileLock
from engine.adapters.segment import FRESH, Header, entries, is_left, read_header, segments, set_drained
from engine.ports import Telemetry
from engine.storage.database import Database
from engine.storage.usage import Row, add, row_of, rows_of_records

LOCK = "lock"
# So many bytes of records at most make one transaction.
BATCH = 256 * 1024
# A segment that was being made when its process died.
FORGOTTEN_AFTER = 60.0

WRITTEN = "proxyctl_ledger_records_total"
DAMAGED = "proxyctl_ledger_damaged_records_total"


@dataclass(frozen=True, slots=True)
class Batch:
    """Records of one segment: `end` and `taken` are how far it is drained with them."""

    rows: list[Row]
    end: int
    taken: int
    damaged: int


class Collector:
    """One at a time has a spool: `claim` says whether it is this one, until `close`."""

    def __init__(self, directory: Path, telemetry: Telemetry, now: Callable[[], float]) -> None:
        self._directory = directory
        self._now = now
        self._telemetry = telemetry
        self._lock = FileLock(directory / LOCK)

    def claim(self) -> bool:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self._lock.take()

    def close(self) -> None:
        self._lock.release()

    async def collect(self, database: Database, batches: int = 20) -> bool:
        """Take what is there, so many batches at most; whether more is waiting. Raises `Unavailable`.

        A segment remembers how far it was read once the database has said yes. Killed between the two, the
        same records come again, and the database knows them.
        """
        if not self.claim():
            return False
        for path in segments(self._directory):
            while batches:
                taken = await self._take(database, path)
                if not taken:
                    break
                batches -= 1
            else:
                return True
        self._sweep()
        return False

    async def _take(self, database: Database, path: Path) -> bool:
        """One batch of a segment; false when there is none. What is read to its end and left is removed."""
        try:
            file = os.open(path, os.O_RDWR)
        except FileNotFoundError:
            return False
        try:
            left = is_left(file)  # first: what was written until now is then seen
            header = read_header(file)
            if header is None:
                self._set_aside(path)
                return False
            if header.drained < header.committed:
                batch = _batch(file, header)
                await self._put(database, path, batch)
                set_drained(file, batch.end, batch.taken)
                return True
            if left:
                path.unlink(missing_ok=True)
            return False
        finally:
            os.close(file)

    async def _put(self, database: Database, path: Path, batch: Batch) -> None:
        refused = await add(database, batch.rows) if batch.rows else []
        self._telemetry.counter(WRITTEN, {}).add(len(batch.rows) - len(refused))
        damaged = batch.damaged + len(refused)
        if damaged:
            self._telemetry.counter(DAMAGED, {}).add(damaged)
            fields = {"segment": path.name, "records": damaged}
            self._telemetry.log("error", "usage records are damaged", fields)

    def _set_aside(self, path: Path) -> None:
        """Not a segment: whoever looks after the disk should see it."""
        self._telemetry.log("error", "not a segment of the spool", {"segment": path.name})
        path.rename(path.with_suffix(".damaged"))

    def _sweep(self) -> None:
        for path in self._directory.glob(f"*{FRESH}"):
            try:
                if self._now() - path.stat().st_mtime > FORGOTTEN_AFTER:
                    path.unlink(missing_ok=True)
            except FileNotFoundError:
                continue


def _batch(file: int, header: Header) -> Batch:
    """The next records of a segment, a quarter of a megabyte of them."""
    ids, records, end, taken = list[str](), list[bytes](), header.drained, header.taken
    stop = header.drained + BATCH
    for entry in entries(file, header.drained, header.committed):
        if entry.data is not None:
            ids.append(f"{header.id}-{entry.at:x}")
            records.append(entry.data)
        end, taken = entry.end, taken + 1
        if end >= stop:
            break
    rows = _rows(ids, records)
    return Batch(rows, end, taken, taken - header.taken - len(rows))


def _rows(ids: list[str], records: list[bytes]) -> list[Row]:
    """All at once; one by one where any record is odd, and without those that are none."""
    with suppress(ValueError):
        rows = rows_of_records(ids, orjson.loads(b"[%b]" % b",".join(records)))
        if rows is not None:
            return rows
    found = (_row(id_, data) for id_, data in zip(ids, records, strict=True))
    return [row for row in found if row is not None]


def _row(id_: str, data: bytes) -> Row | None:
    try:
        return row_of(id_, orjson.loads(data))
    except (ValueError, TypeError):
        return None
