"""The engine as a process of its own, for benchmarks: start it, look at its memory, end it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

START_WITHIN = 120.0


@dataclass(frozen=True)
class Engine:
    """`started_in` seconds passed until it was ready."""

    pid: int
    url: str
    started_in: float

    def processes(self) -> list[int]:
        """The parent, then its workers; the one process that does both when there is one worker."""
        path = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        return [self.pid, *map(int, path.read_text().split())]

    def memory(self) -> list[Memory]:
        return [memory_of(pid) for pid in self.processes()]

    def open_files(self) -> list[int]:
        """Of each process; sockets are files too."""
        return [len(os.listdir(f"/proc/{pid}/fd")) for pid in self.processes()]


@dataclass(frozen=True)
class Memory:
    """MB of one process: all that is resident, and with what it shares divided by those who share it."""

    rss: float
    pss: float
    private: float

    def __str__(self) -> str:
        return f"{self.rss:.0f} MB ({self.pss:.0f} with shared pages divided, {self.private:.0f} its own)"


def memory_of(pid: int) -> Memory:
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    kib = {name: int(number) for name, number in re.findall(r"^(\w+): +(\d+) kB", rollup, re.MULTILINE)}
    own = kib["Private_Clean"] + kib["Private_Dirty"]
    return Memory(kib["Rss"] / 1024, kib["Pss"] / 1024, own / 1024)


def ends_with_sigterm() -> None:
    """A benchmark that is told to end does not leave its servers behind."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))


def command(site: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "engine.cli.main", "--site", str(site), *arguments]


@contextmanager
def running(site: Path, port: int, workers: int) -> Iterator[Engine]:
    """`with running(site, 9150, 2) as engine:` serves the site; it is ready when the block begins."""
    url = f"http://127.0.0.1:{port}"
    if _ready(url):
        raise SystemExit(f"somebody else answers on {url}")
    began = time.monotonic()
    with TemporaryFile() as log:
        flags = ["--port", str(port), "--workers", str(workers), "--log-level", "warning"]
        process = subprocess.Popen(command(site, "serve", *flags), stdout=log, stderr=log)
        try:
            while not _ready(url):
                if process.poll() is not None or time.monotonic() - began > START_WITHIN:
                    log.seek(0)
                    raise SystemExit(f"the engine does not start:\n{log.read().decode()}")
                time.sleep(0.02)
            yield Engine(process.pid, url, time.monotonic() - began)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


def _ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/ready", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def cpu_of(pids: list[int]) -> float:
    """Seconds of CPU that these processes have used."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")
