"""A segment of the spool: a file of fixed size that one process appends to and another reads.

    magic (8) · id (16) · committed, count, drained, taken (4 × 8, little-endian) · records from byte 64
    record: length (4) · CRC-32 (4) · bytes

`committed` is where the records end; it is stored after their bytes, in one piece. `drained` is how far they
have been read for good. `count` and `taken` are the same in records. Who writes holds a lock (`flock`) on the
file, which ends with its process. Bytes in the mapped file outlive the process: the system writes them.
"""

from __future__ import annotations

import fcntl
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

MAGIC = b"pxspool1"
START = 64
SUFFIX, FRESH = ".seg", ".fresh"

# The numbers of the header, as words of 8 bytes.
COMMITTED, COUNT, DRAINED, TAKEN = 3, 4, 5, 6

RECORD = struct.Struct("<II")
_HEADER = struct.Struct("<8s16sQQQQ")
_PROGRESS = struct.Struct("<QQ")
_PROGRESS_AT = 8 * DRAINED


class Header(NamedTuple):
    id: str
    committed: int
    records: int
    drained: int
    taken: int

    @property
    def waiting(self) -> int:
        """Records that nobody has read for good."""
        return max(0, self.records - self.taken)


# A record: where it begins in the file, and its bytes; None for one that is torn.
Entry = tuple[int, bytes | None]


def make(directory: Path, id_: str, size: int) -> tuple[int, Path]:
    """A new segment, locked by the caller, who gets the open file. `id_`: 16 ASCII characters.

    It gets its name when it is locked, so that no reader takes it for a dead one. Raises `OSError`: a disk
    that is full is found out here, not when the mapped file is written to.
    """
    fresh, path = directory / f"{id_}{FRESH}", directory / f"{id_}{SUFFIX}"
    file = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _reserve(file, size)
        os.pwrite(file, _HEADER.pack(MAGIC, id_.encode(), START, 0, START, 0), 0)
        os.rename(fresh, path)
    except OSError:
        os.close(file)
        fresh.unlink(missing_ok=True)
        raise
    return file, path


def _reserve(file: int, size: int) -> None:
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file, 0, size)
    else:  # pragma: no cover  a system without it
        os.ftruncate(file, size)


def read_header(file: int) -> Header | None:
    """None for what is no segment."""
    raw = os.pread(file, _HEADER.size, 0)
    if len(raw) < _HEADER.size:
        return None
    magic, id_, committed, count, drained, taken = _HEADER.unpack(raw)
    size = os.fstat(file).st_size
    if magic != MAGIC or not START <= drained <= committed <= size:
        return None
    return Header(id_.decode("ascii", "replace"), committed, count, drained, taken)


def is_left(file: int) -> bool:
    """Whether nobody writes any more; the caller then holds the lock until it closes the file."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def entries(file: int, begin: int, end: int) -> Iterator[Entry]:
    """The records from `begin` to `end`; after one whose length makes no sense the rest is one torn piece."""
    raw = os.pread(file, end - begin, begin)
    at, whole = 0, len(raw)
    while at < whole:
        data: bytes | None = None
        first, following = at + RECORD.size, whole
        if first <= whole:
            length, check = RECORD.unpack_from(raw, at)
            if 0 < length <= whole - first:
                following = first + length
                data = raw[first:following]
                if crc32(data) != check:
                    data = None
        yield begin + at, data
        at = following


def set_drained(file: int, end: int, taken: int) -> None:
    """Everything before `end`, `taken` records, is where it belongs."""
    os.pwrite(file, _PROGRESS.pack(end, taken), _PROGRESS_AT)


def segments(directory: Path) -> list[Path]:
    """Those that are there, the oldest first as far as the clock tells."""
    found: list[tuple[int, str]] = []
    try:
        with os.scandir(directory) as listed:
            for entry in listed:
                if entry.name.endswith(SUFFIX):
                    try:
                        found.append((entry.stat().st_ctime_ns, entry.path))
                    except FileNotFoundError:  # read to its end and removed
                        continue
    except FileNotFoundError:
        return []
    return [Path(path) for _, path in sorted(found)]


def waiting(directory: Path) -> int:
    """How many records of all segments nobody has read for good."""
    total = 0
    for path in segments(directory):
        try:
            file = os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            continue
        try:
            header = read_header(file)
            total += header.waiting if header else 0
        finally:
            os.close(file)
    return total
