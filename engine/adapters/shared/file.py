"""The file itself: made, recognised, mapped, locked; and who of its workers lives."""

from __future__ import annotations

import fcntl
import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from zlib import crc32

from engine.adapters.shared.layout import COLUMNS, HEADER, SECRET, SIZE

MAGIC = b"proxyctl counters"
FULL = "no place is left for one more worker"


class SharedFile:
    """Open until the process ends, or `close`. Raises `OSError` where there can be no such file.

    `column` is this worker's own; whoever holds the lock of a column is alive.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.descriptor = _open(path)
        self.map = mmap.mmap(self.descriptor, SIZE)
        self.secret = self.map[SECRET : SECRET + 16]
        self.column, self._own_lock = self._take_column()

    def close(self) -> None:
        self.map.close()
        os.close(self.descriptor)
        os.close(self._own_lock)

    @contextmanager
    def locked(self) -> Iterator[None]:
        fcntl.flock(self.descriptor, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self.descriptor, fcntl.LOCK_UN)

    def is_left(self, column: int) -> bool:
        """Whether nobody that lives has this column."""
        lock = self._lock(column)
        if lock is None:
            return False
        os.close(lock)
        return True

    def _take_column(self) -> tuple[int, int]:
        for column in range(COLUMNS):
            lock = self._lock(column)
            if lock is not None:
                return column, lock
        raise OSError(FULL)

    def _lock(self, column: int) -> int | None:
        lock = os.open(self.path.with_name(f"{self.path.name}.{column}"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return None
        return lock


def _open(path: Path) -> int:
    """The file at `path`, made if there is none; what is there and is no such file gives way to a new one."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        done = False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if not _is_at(descriptor, path):
                continue
            if os.fstat(descriptor).st_size == 0:
                _fill(descriptor)
            if _is_ours(descriptor):
                fcntl.flock(descriptor, fcntl.LOCK_UN)
                done = True
                return descriptor
            _replace(path)
        finally:
            if not done:
                os.close(descriptor)


def _is_at(descriptor: int, path: Path) -> bool:
    """Whether it was not replaced meanwhile."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _is_ours(descriptor: int) -> bool:
    return os.fstat(descriptor).st_size == SIZE and _is_head(os.pread(descriptor, HEADER, 0))


def _is_head(head: bytes) -> bool:
    seal = crc32(head[: SECRET + 16]).to_bytes(4, "little")
    return head.startswith(_mark()) and head[SECRET + 16 : SECRET + 20] == seal


def _mark() -> bytes:
    """Another layout is another file."""
    return MAGIC.ljust(20, b"\0") + SIZE.to_bytes(12, "little")


def _fill(descriptor: int) -> None:
    """Room is taken now: a mapped file must not find the disk full when it is written to."""
    fill = getattr(os, "posix_fallocate", None)
    fill(descriptor, 0, SIZE) if fill else os.ftruncate(descriptor, SIZE)
    head = _mark() + os.urandom(16)
    os.pwrite(descriptor, head + crc32(head).to_bytes(4, "little"), 0)


def _replace(path: Path) -> None:
    """By a new file under the same name: whoever has mapped the old one keeps it."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    with suppress(FileNotFoundError):
        fresh.unlink()
    descriptor = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        _fill(descriptor)
    finally:
        os.close(descriptor)
    os.replace(fresh, path)
