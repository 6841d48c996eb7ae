"""Reading a file without being caught by what is no file: a pipe would block, a device might never end."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def read_regular(path: str | Path, limit: int) -> bytes:
    """The bytes of a regular file. Raises OSError, also for other kinds of file and for more than `limit`."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with open(descriptor, "rb") as stream:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError("it is no regular file")
        # Room for `limit` bytes would be got first, and of that a page kept however small the file is.
        raw = stream.read(min(status.st_size, limit) + 1)
        if len(raw) > status.st_size:  # it grew, or is of a kind that does not tell its size
            raw += stream.read(limit + 1 - len(raw))
    if len(raw) > limit:
        raise OSError(f"it is larger than {limit} bytes")
    return raw
