"""A file by which one process of many is the one: whoever holds it, until it lets go or dies."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class FileLock:
    """`take` says whether it is ours from now on. The file is made if need be."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    @property
    def held(self) -> bool:
        return self._file is not None

    def take(self) -> bool:
        """Does not wait. Raises `OSError` where there can be no such file."""
        if self._file is None:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(file)
                return False
            self._file = file
        return True

    def release(self) -> None:
        """Safe to call twice."""
        file, self._file = self._file, None
        if file is not None:
            os.close(file)
