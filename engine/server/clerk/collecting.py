"""From the spool into the database: everything that anybody wrote, living or dead, each record once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import orjson

from engine.adapters.lock import FileLock
from engine.adapters.segment import FRESH, Entry, Header, entries, is_left, read_header, segments, set_drained
from engine.ports import Telemetry
from engine.storage.database import Database
from engine.storage.usage import Columns, Row, add, columns_of_records, give_way, row_of

LOCK = "lock"
# A segment that was being made when its process died.
FORGOTTEN_AFTER = 60.0
# So many records are a part: a millisecond's work, behind which a worker that waits for the core has it.
PART = 256

WRITTEN = "proxyctl_ledger_records_total"
DAMAGED = "proxyctl_ledger_damaged_records_total"


@dataclass(slots=True)
class Batch:
    """What waits in one segment: so many records, with those that are damaged and in none of the parts."""

    parts: list[Columns] = field(default_factory=list)
    records: int = 0
    damaged: int = 0


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

    async def collect(self, database: Database, batches: int = 5) -> bool:
        """Take what is there, so many batches at most; whether more was there. Raises `Unavailable`.

        What comes meanwhile waits for the next time: a transaction costs as much as hundreds of records. A
        segment remembers how far it was read once the database has said yes. Killed between the two, the same
        records come again, and the database knows them.
        """
        if not self.claim():
            return False
        for path in segments(self._directory):
            if not batches:
                return True
            batches -= await self._take(database, path)
        self._sweep()
        return False

    async def _take(self, database: Database, path: Path) -> bool:
        """All that waits in a segment, as one batch; false when nothing does. One that is left is removed."""
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
            waits = header.drained < header.committed
            if waits:
                batch = await _batch(file, header)
                await self._put(database, path, batch)
                set_drained(file, header.committed, header.taken + batch.records)
            if left:
                path.unlink(missing_ok=True)
            return waits
        finally:
            os.close(file)

    async def _put(self, database: Database, path: Path, batch: Batch) -> None:
        refused = await add(database, batch.parts) if batch.parts else []
        damaged = batch.damaged + len(refused)
        self._telemetry.counter(WRITTEN, {}).add(batch.records - damaged)
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


async def _batch(file: int, header: Header) -> Batch:
    batch = Batch()
    for part in _parts(entries(file, header.drained, header.committed)):
        ids = [f"{header.id}-{at:x}" for at, data in part if data is not None]
        columns = _columns(ids, [data for _, data in part if data is not None])
        if columns:
            batch.parts.append(columns)
        batch.records += len(part)
        batch.damaged += len(part) - (len(columns[0]) if columns else 0)
        await give_way()
    return batch


def _parts(found: Iterator[Entry]) -> Iterator[list[Entry]]:
    while part := list(islice(found, PART)):
        yield part


def _columns(ids: list[str], records: list[bytes]) -> Columns:
    """All at once; one by one where any record is odd, and without those that are none."""
    with suppress(ValueError):
        columns = columns_of_records(ids, orjson.loads(b"[%b]" % b",".join(records)))
        if columns is not None:
            return columns
    found = (_row(id_, data) for id_, data in zip(ids, records, strict=True))
    return list(zip(*(row for row in found if row is not None), strict=True))


def _row(id_: str, data: bytes) -> Row | None:
    try:
        return row_of(id_, orjson.loads(data))
    except (ValueError, TypeError):
        return None
