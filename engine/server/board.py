"""What the workers of one server tell each other: files in a directory that only they can read.

    accepted.json           what is served: texts, generation, the state of every file; written by the leader
    leader                  locked by the worker that leads; the lock dies with it
    workers/<pid>.json      each worker's generation
    numbers/<pid>-<n>.json  each worker's numbers, for /metrics; `n` tells apart who had the same pid
    gone.json               what many dead workers counted, and whose files it took the place of
    asked/<id>              somebody wants a reload
    asked/<id>.done         and this came of it

Every file is written beside its place and renamed, so that nobody reads half of one.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from engine.adapters.lock import FileLock
from engine.adapters.whole_file import write_whole

HANGUP = "hangup-"
ACCEPTED, LEADER, WORKERS, NUMBERS, ASKED = "accepted.json", "leader", "workers", "numbers", "asked"
TABLES = "tables"
GONE = "gone.json"
DONE = ".done"
LOOK_EVERY = 0.05
# So many files of dead workers are read at every scrape; of more, one is made.
FEW_DEAD = 8
LONGEST_MEMORY = 1000


class Numbers(NamedTuple):
    """One worker's numbers as it wrote them last, or those of all that are `gone`."""

    rows: Any
    alive: bool


# Changes with each version of a file.
Stamp = tuple[int, int]


class Board:
    """One worker's view of the run directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.pid = os.getpid()
        self._since = time.monotonic_ns()
        self._leader = FileLock(directory / LEADER)

    def prepare(self) -> None:
        """Make what must be there before workers start."""
        for name in (WORKERS, NUMBERS, ASKED, TABLES):
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

    def published_at(self) -> Stamp | None:
        """Changes whenever something is published; cheap enough to ask ten times a second."""
        return _stamp(f"{self.directory}/{ACCEPTED}")

    # Tables of the database, published by the clerk

    def publish_table(self, name: str, rows: Any) -> None:
        self._write(f"{TABLES}/{name}.json", rows)

    def table(self, name: str) -> Any:
        """What was published last under the name, None before the first time."""
        return _read(self.directory / TABLES / f"{name}.json")

    def table_at(self, name: str) -> Stamp | None:
        return _stamp(f"{self.directory}/{TABLES}/{name}.json")

    # Who leads

    @property
    def leads(self) -> bool:
        return self._leader.held

    def lead(self) -> bool:
        """Try to become the leader; true from then on, until the process ends."""
        return self._leader.take()

    def step_down(self) -> None:
        self._leader.release()

    # Who is there

    def report(self, generation: str, loaded_at: float = 0.0) -> None:
        row = {"pid": self.pid, "generation": generation, "loaded_at": loaded_at}
        self._write(f"{WORKERS}/{self.pid}.json", row)

    def workers(self) -> list[dict[str, Any]]:
        """The living workers by process id, each with what it serves."""
        found = [_read(path) for path in sorted((self.directory / WORKERS).glob("*.json"))]
        return [worker for worker in found if worker and _alive(worker["pid"])]

    def forget(self, pid: int) -> None:
        """A worker ended. Its numbers stay."""
        (self.directory / WORKERS / f"{pid}.json").unlink(missing_ok=True)

    async def outlast(self, within: float, hurry: Callable[[], bool]) -> None:
        """Wait until all other workers have ended, so many seconds at most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                while not hurry() and any(worker["pid"] != self.pid for worker in self.workers()):
                    await asyncio.sleep(LOOK_EVERY)

    def remove_when_left(self) -> None:
        """Without a parent, the last worker that ends takes the run directory away."""
        if not self.workers():
            shutil.rmtree(self.directory, ignore_errors=True)

    # Numbers

    def write_numbers(self, rows: Any) -> None:
        self._write(f"{NUMBERS}/{self._own_numbers}", rows)

    def numbers_of_others(self) -> list[Numbers]:
        """Those of the dead too: a counter that falls would look like a restart of all.

        What is gone is read last: a file that was folded into it meanwhile is then counted there alone.
        """
        found = {path.name: Numbers(_read(path), self._lives(path)) for path in self._number_files()}
        found.pop(self._own_numbers, None)
        gone = _read(self.directory / GONE) or {"names": [], "rows": []}
        for name in gone["names"]:
            found.pop(name, None)
        return [Numbers(gone["rows"], False), *(each for each in found.values() if each.rows is not None)]

    def bury_numbers(self, merge: Callable[[Sequence[Any]], Any]) -> None:
        """Fold the files of dead workers into one, once there are many. For the leader alone."""
        dead = {path: _read(path) for path in self._number_files() if not self._lives(path)}
        dead = {path: rows for path, rows in dead.items() if rows is not None}
        if len(dead) <= FEW_DEAD:
            return
        gone = _read(self.directory / GONE) or {"names": [], "rows": []}
        fresh = {path: rows for path, rows in dead.items() if path.name not in gone["names"]}
        names = [*gone["names"], *(path.name for path in fresh)][-LONGEST_MEMORY:]
        self._write(GONE, {"names": names, "rows": merge([gone["rows"], *fresh.values()])})
        for path in dead:
            path.unlink(missing_ok=True)

    @property
    def _own_numbers(self) -> str:
        return f"{self.pid}-{self._since}.json"

    def _number_files(self) -> list[Path]:
        return sorted((self.directory / NUMBERS).glob("*.json"))

    def _lives(self, path: Path) -> bool:
        pid = path.stem.partition("-")[0]
        return (self.directory / WORKERS / f"{pid}.json").exists() and _alive(int(pid))

    # Reloads on demand

    def ask(self, name: str) -> None:
        self._write(f"{ASKED}/{name}", None)

    def asked(self) -> Iterator[str]:
        """The names of demands that were not answered yet."""
        with suppress(OSError):
            for name in sorted(os.listdir(f"{self.directory}/{ASKED}")):
                if not name.endswith((DONE, ".new")):
                    yield name

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
        write_whole(self.directory / name, orjson.dumps(data))


def _stamp(path: str) -> Stamp | None:
    """Asked so often that a path object would cost as much as the system."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns


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
