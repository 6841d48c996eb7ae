"""What the workers of one server tell each other: files in a directory that only they can read.

    accepted.json           what is served: texts, generation, the state of every file; written by the leader
    leader                  locked by the worker that leads; the lock dies with it
    workers/<pid>.json      each worker's generation
    numbers/<pid>.json      each worker's numbers, for /metrics; those of the dead are kept
    asked/<id>              somebody wants a reload
    asked/<id>.done         and this came of it

Every file is written beside its place and renamed, so that nobody reads half of one.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson

HANGUP = "hangup-"
ACCEPTED, LEADER, WORKERS, NUMBERS, ASKED = "accepted.json", "leader", "workers", "numbers", "asked"
DONE = ".done"


class Board:
    """One worker's view of the run directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.pid = os.getpid()
        self._lock: int | None = None

    def prepare(self) -> None:
        """Make what must be there before workers start."""
        for name in (WORKERS, NUMBERS, ASKED):
            (self.directory / name).mkdir(mode=0o700, parents=True, exist_ok=True)

    def hold(self) -> None:
        """Lock the directory for this process and its children: cleaners of old files pass locked ones by."""
        fcntl.flock(os.open(self.directory, os.O_RDONLY), fcntl.LOCK_SH)

    # What is served

    def publish(self, accepted: Any) -> None:
        self._write(ACCEPTED, accepted)

    def accepted(self) -> Any:
        """What was published last, None before the first time."""
        return _read(self.directory / ACCEPTED)

    def published_at(self) -> tuple[int, int] | None:
        """Changes whenever something is published; cheap enough to ask ten times a second."""
        try:
            status = (self.directory / ACCEPTED).stat()
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns

    # Who leads

    def lead(self) -> bool:
        """Try to become the leader; true from then on, until the process ends."""
        if self._lock is None:
            lock = os.open(self.directory / LEADER, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(lock)
                return False
            self._lock = lock
        return True

    def step_down(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    # Who is there

    def report(self, generation: str, loaded_at: float = 0.0) -> None:
        row = {"pid": self.pid, "generation": generation, "loaded_at": loaded_at}
        self._write(f"{WORKERS}/{self.pid}.json", row)

    def workers(self) -> list[dict[str, Any]]:
        """The living workers by process id, each with what it serves."""
        found = [_read(path) for path in sorted((self.directory / WORKERS).glob("*.json"))]
        return [worker for worker in found if worker and _alive(worker["pid"])]

    def forget(self, pid: int) -> None:
        """A worker ended. Its numbers stay: a counter that falls would look like a restart of all."""
        (self.directory / WORKERS / f"{pid}.json").unlink(missing_ok=True)

    def remove_when_left(self) -> None:
        """Without a parent, the last worker that ends takes the run directory away."""
        if not self.workers():
            shutil.rmtree(self.directory, ignore_errors=True)

    # Numbers

    def write_numbers(self, rows: Any) -> None:
        self._write(f"{NUMBERS}/{self.pid}.json", rows)

    def numbers_of_others(self) -> list[Any]:
        paths = (self.directory / NUMBERS).glob("*.json")
        found = [_read(path) for path in paths if path.stem != str(self.pid)]
        return [rows for rows in found if rows is not None]

    # Reloads on demand

    def ask(self, name: str) -> None:
        self._write(f"{ASKED}/{name}", None)

    def asked(self) -> Iterator[str]:
        """The names of demands that were not answered yet."""
        with suppress(OSError):
            for path in sorted((self.directory / ASKED).iterdir()):
                if path.suffix not in (DONE, ".new"):
                    yield path.name

    def answer(self, name: str, result: Any) -> None:
        if not name.startswith(HANGUP):  # a signal waits for no answer
            self._write(f"{ASKED}/{name}{DONE}", result)
        (self.directory / ASKED / name).unlink(missing_ok=True)

    def take_answer(self, name: str) -> Any:
        """What came of a demand, None as long as nothing did."""
        path = self.directory / ASKED / f"{name}{DONE}"
        result = _read(path)
        if result is not None:
            path.unlink(missing_ok=True)
        return result

    def _write(self, name: str, data: Any) -> None:
        path = self.directory / name
        fresh = path.with_name(f"{path.name}.{self.pid}.new")
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
            stream.write(orjson.dumps(data))
        os.replace(fresh, path)


def _read(path: Path) -> Any:
    try:
        return orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return None


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
