"""Tokens that one worker got for all: a file for each in the run directory, encrypted, and the locks by which
one worker asks while the others wait."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson

from engine.adapters.lock import FileLock
from engine.adapters.regular_file import read_regular
from engine.adapters.safe import Locked, Safe, Sealed
from engine.adapters.whole_file import write_whole

CONTEXT = "token"
LARGEST_FILE = 2**20
# Tokens share locks, so that there are never many.
LOCKS = 64
SUFFIX = ".token"


class Shelf:
    """`directory` is for the server's own processes alone."""

    def __init__(self, directory: Path, safe: Safe) -> None:
        self._directory = directory
        self._safe = safe

    def lock(self, key: str) -> FileLock:
        """`key` is in hexadecimal. Raises `OSError` where there can be no lock."""
        self._directory.mkdir(mode=0o700, exist_ok=True)
        return FileLock(self._directory / f"lock-{int(key[:8], 16) % LOCKS}")

    def read(self, key: str) -> dict[str, Any]:
        """What was put there; nothing where that is gone, or cannot be read."""
        try:
            sealed = orjson.loads(read_regular(self._path(key), LARGEST_FILE))
            return self._safe.open(CONTEXT, key, Sealed(*sealed))
        except (OSError, ValueError, TypeError, Locked):
            return {}

    def put(self, key: str, fields: Mapping[str, Any]) -> None:
        """To be called by who has the lock. Raises `OSError` and `Locked`."""
        sealed = self._safe.seal(CONTEXT, key, fields)
        write_whole(self._path(key), orjson.dumps([*sealed]))

    def drop(self, key: str) -> None:
        with suppress(OSError):
            self._path(key).unlink()

    def _path(self, key: str) -> Path:
        return self._directory / f"{key}{SUFFIX}"
