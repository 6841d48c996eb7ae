"""A small JSON object in a file that several processes read and change, whole or not at all."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from engine.adapters.regular_file import read_regular
from engine.adapters.whole_file import write_whole

LARGEST = 2**20

# Changes with each version of the file.
Stamp = tuple[int, int, int]
Data = dict[str, Any]


class Unkept(Exception):
    """The file cannot be read or written; the message is for operators and repeats nothing of it."""


class KeptJson:
    """Nobody reads half of a change, and of two at the same time none is lost. `mode` is of a new file."""

    def __init__(self, path: Path, mode: int = 0o600) -> None:
        self.path = path
        self._mode = mode

    def stamp(self) -> Stamp | None:
        """None while there is no file. Costs one `stat`."""
        try:
            status = self.path.stat()
        except OSError:
            return None
        return status.st_ino, status.st_size, status.st_mtime_ns

    def read(self) -> Data:
        """What it holds, nothing when there is none. Raises `Unkept`."""
        try:
            found = orjson.loads(read_regular(self.path, LARGEST))
        except FileNotFoundError:
            return {}
        except OSError as exc:
            raise Unkept(f"{self.path} cannot be read: {_words(exc)}") from exc
        except orjson.JSONDecodeError as exc:
            raise Unkept(f"{self.path} is not valid JSON (line {exc.lineno}, column {exc.colno})") from None
        if not isinstance(found, dict):
            raise Unkept(f"{self.path} is not a JSON object")
        return found

    def change(self, change: Callable[[Data], Mapping[str, Any]]) -> None:
        """Put what `change` makes of it in its place. Raises `Unkept`, and whatever `change` raises."""
        with self._alone():
            self.write(change(self.read()))

    def write(self, data: Mapping[str, Any]) -> None:
        """Raises `Unkept`."""
        text = orjson.dumps(data, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        try:
            write_whole(self.path, text, self._mode, durable=True)
        except OSError as exc:
            raise Unkept(f"{self.path} cannot be written: {_words(exc)}") from exc

    @contextmanager
    def _alone(self) -> Iterator[None]:
        lock = None
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(self.path.with_name(f".{self.path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(lock, fcntl.LOCK_EX)
        except OSError as exc:
            if lock is not None:
                os.close(lock)
            raise Unkept(f"{self.path} cannot be changed: {_words(exc)}") from exc
        try:
            yield
        finally:
            os.close(lock)


def _words(exc: OSError) -> str:
    return (exc.strerror or str(exc)).lower()
