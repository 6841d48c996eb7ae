"""Writing a file so that nobody sees half of it."""

from __future__ import annotations

import os
from pathlib import Path


def write_whole(path: Path, data: bytes, mode: int = 0o600, *, durable: bool = False) -> None:
    """Write beside and rename. `durable`: also after a crash it is the old one or the new one.

    The name beside begins with a dot and ends in `.new`: whoever lists the directory leaves it out. Raises
    OSError; the file is then as it was.
    """
    fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as stream:
            stream.write(data)
            if durable:
                stream.flush()
                os.fsync(stream.fileno())
        os.replace(fresh, path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
