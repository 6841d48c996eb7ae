"""Several workers: the parent starts them, starts them again when they die, and ends them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import FrameType
from typing import NamedTuple

from engine.adapters.collector import set_aside
from engine.ports import Telemetry
from engine.server.board import HANGUP, Board
from engine.server.startup import Loaded, Plan
from engine.server.worker import Post, run_worker

# A fork shares the memory of what is loaded; where system libraries do not bear it, workers start afresh.
START_METHOD = "fork" if sys.platform == "linux" else "spawn"

LOOK_EVERY = 0.2
# A worker that died younger than this is started again after a while that doubles each time.
YOUNG, FIRST_PAUSE, LONGEST_PAUSE = 5.0, 0.25, 10.0
# So many early deaths, and no worker ever ready, mean that none ever will be.
HOPELESS = 3
KILL_AFTER = 5.0

ENDING = (signal.SIGINT, signal.SIGTERM)


@dataclass(slots=True)
class Place:
    """Where one worker works; `again_at` is when to start the next one here."""

    sock: socket.socket
    process: BaseProcess | None = None
    started: float = 0.0
    again_at: float = 0.0
    early_deaths: int = 0


class Places(NamedTuple):
    """The run directory, and that of durable files."""

    run_dir: Path
    data: Path | None = None


class Workers:
    """The parent's side. `run` returns the exit code."""

    def __init__(
        self,
        plan: Plan,
        sockets: Sequence[socket.socket],
        places: Places,
        telemetry: Telemetry,
        method: str = START_METHOD,
    ) -> None:
        self._plan = plan
        self._at = places
        self._board = Board(places.run_dir)
        self._telemetry = telemetry
        self._places = [Place(sock) for sock in sockets]
        self._context = multiprocessing.get_context(method)
        self._stops = 0
        self._demands = 0

    def run(self, first: Loaded, ready: Callable[[], None]) -> int:
        """Start all, then look after them until a signal ends it. `ready` is called when all answer."""
        for number in ENDING:
            signal.signal(number, self._on_stop)
        signal.signal(signal.SIGHUP, self._on_hangup)
        set_aside()
        for place in self._places:
            self._start(place, first)
        was_ready = False
        while not self._stops:
            self._wait()
            if not was_ready and len(self._board.workers()) == len(self._places):
                was_ready = True
                ready()
            self._replace_dead()
            if not was_ready and all(place.early_deaths >= HOPELESS for place in self._places):
                self._telemetry.log("error", "no worker comes up; giving up", {})
                self._stop(signal.SIGKILL)
                return 1
        return self._end()

    def _on_stop(self, number: int, frame: FrameType | None) -> None:
        self._stops += 1

    def _on_hangup(self, number: int, frame: FrameType | None) -> None:
        self._demands += 1
        self._board.ask(f"{HANGUP}{self._demands}")

    def _start(self, place: Place, first: Loaded | None) -> None:
        post = Post(place.sock, self._at.run_dir, os.getpid(), self._at.data)
        others = [other.sock for other in self._places if other.sock is not place.sock]
        inherits = self._context.get_start_method() == "fork"
        place.process = self._context.Process(  # type: ignore[attr-defined]
            target=_work, args=(self._plan, post, first if inherits else None, others if inherits else [])
        )
        assert place.process is not None
        # A child begins with the parent's handlers, which would swallow a signal meant for it: hold them
        # back until it has its own.
        held = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
        try:
            place.process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, held)
        place.started, place.again_at = time.monotonic(), 0.0

    def _wait(self) -> None:
        wait([place.process.sentinel for place in self._places if place.process], timeout=LOOK_EVERY)

    def _replace_dead(self) -> None:
        now = time.monotonic()
        for place in self._places:
            if place.process is not None and not place.process.is_alive():
                self._bury(place, now)
            if place.process is None and now >= place.again_at and not self._stops:
                self._start(place, None)

    def _bury(self, place: Place, now: float) -> None:
        assert place.process is not None
        pid, code = place.process.pid or 0, place.process.exitcode
        place.process.join()
        self._board.forget(pid)
        place.early_deaths = place.early_deaths + 1 if now - place.started < YOUNG else 0
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2**place.early_deaths) if place.early_deaths else 0.0
        place.process, place.again_at = None, now + pause
        if not self._stops:
            fields = {"pid": pid, "exit": code, "restart_in": pause}
            self._telemetry.log("warning", "worker died", fields)

    def _end(self) -> int:
        """Ask all to end; told once more, at once; whoever stays is killed."""
        for place in self._places:
            place.sock.close()
        self._stop(signal.SIGTERM)
        deadline = time.monotonic() + self._plan.settings.shutdown_grace + KILL_AFTER
        hurried = False
        while living := [place for place in self._places if place.process and place.process.is_alive()]:
            if self._stops > 1 and not hurried:
                hurried = True
                deadline = time.monotonic() + 1.0
                self._stop(signal.SIGTERM)
            if time.monotonic() > deadline:
                self._stop(signal.SIGKILL)
            wait([place.process.sentinel for place in living if place.process], timeout=LOOK_EVERY)
        return 0

    def _stop(self, number: signal.Signals) -> None:
        for place in self._places:
            if place.process and place.process.pid and place.process.is_alive():
                os.kill(place.process.pid, number)


def _work(plan: Plan, post: Post, first: Loaded | None, others: list[socket.socket]) -> None:
    """A worker process. What a fork inherited for others is let go."""
    for number in ENDING:
        signal.signal(number, signal.SIG_DFL if number == signal.SIGTERM else signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
    for sock in others:
        sock.close()
    run_worker(plan, post, first, lambda: None)
