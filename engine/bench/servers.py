"""Processes of the suite: started, waited for, measured, ended."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from engine.bench.cores import ANY, Cores, pinned
from engine.bench.measure import Usage, beside, usage_of

# Seconds.
STARTING, ENDING = 60.0, 10.0
LOOK_EVERY = 0.02
# Of the engine, in the environment.
SETTINGS = "PROXYCTL_"


class NoStart(Exception):
    """A process of the suite did not come up; the message has the end of what it said."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def without_settings() -> dict[str, str]:
    """The environment without the settings of a server that this machine may have: they would count here."""
    return {name: value for name, value in os.environ.items() if not name.startswith(SETTINGS)}


def python(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", module, *arguments]


@dataclass(eq=False)
class Server:
    """`with Server(…) as server:` waits until it answers; `.usage()` is of all its workers.

    `ready` is a path that answers 200 when it can work, which takes at most `patience` seconds; without one
    an open port is enough. `log` is the file for what it says, `env` what its environment has beside ours.
    """

    name: str
    command: Sequence[str]
    port: int
    log: Path
    env: Mapping[str, str] = field(default_factory=dict)
    cores: Cores = ANY
    ready: str | None = None
    patience: float = STARTING
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def __enter__(self) -> Server:
        with self.log.open("wb") as log, pinned(self.cores):
            self._process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**without_settings(), **self.env},
            )
        with ExitStack() as undo:
            undo.callback(self.stop)
            self._wait()
            undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def usage(self) -> Usage:
        return usage_of(self.pid)

    def beside(self) -> Usage:
        """Of what it runs beside the processes that work on requests."""
        return beside(self.pid)

    def said(self) -> str:
        """The end of its log."""
        text = self.log.read_text(encoding="utf-8", errors="replace").strip()
        return text[-2000:] or "nothing"

    def stop(self) -> None:
        if self._process is None or not self.alive:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(ENDING)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + self.patience
        while not self._answers():
            if not self.alive or time.monotonic() > deadline:
                raise NoStart(f"{self.name} did not start: {self.said()}")
            time.sleep(LOOK_EVERY)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
                if self.ready is None:
                    return True
                line = f"GET {self.ready} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n"
                connection.sendall(line.encode())
                return b" 200 " in connection.recv(64)
        except OSError:
            return False
