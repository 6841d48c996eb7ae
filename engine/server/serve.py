"""`serve`: from a plan to a running server, and back."""

from __future__ import annotations

import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from engine.adapters.clock import SystemClock
from engine.adapters.secrets import SiteSecrets
from engine.adapters.telemetry import SystemTelemetry
from engine.server import published
from engine.server.board import Board
from engine.server.listen import listen, url_of
from engine.server.startup import Loaded, Plan, StartRefused, first_load, start_line
from engine.server.worker import Post, run_worker
from engine.server.workers import START_METHOD, Workers

Show = Callable[[Loaded], None]

# 128 + the signal's number, as shells have it.
INTERRUPTED, TERMINATED = 130, 143


class Terminated(KeyboardInterrupt):
    """SIGTERM before the workers obey signals."""


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def serve(
    plan: Plan,
    *,
    allow_partial: bool = False,
    show: Show = lambda _: None,
    tell: Callable[[str], None] = say,
    method: str = START_METHOD,
) -> int:
    """Serve until a signal; the exit code. Raises `StartRefused` before anything listens.

    `show` gets what was loaded, to print its diagnostics; `tell` gets the line that says where.
    """
    try:
        signal.signal(signal.SIGTERM, _terminate)
        return _serve(plan, allow_partial, show, tell, method)
    except Terminated:
        return TERMINATED
    except KeyboardInterrupt:  # Ctrl-C before the workers obey signals
        return INTERRUPTED


def _terminate(number: int, frame: FrameType | None) -> None:
    raise Terminated


def _serve(plan: Plan, allow_partial: bool, show: Show, tell: Callable[[str], None], method: str) -> int:
    settings = plan.settings
    loaded = first_load(plan, SiteSecrets(plan.site), SystemClock(), allow_partial=allow_partial)
    show(loaded)
    try:
        sockets = listen(settings.host, settings.port, settings.workers)
    except OSError as exc:
        reason = (exc.strerror or str(exc)).lower()
        raise StartRefused(f"cannot listen on {settings.host}:{settings.port}: {reason}") from exc
    run_dir = Path(tempfile.mkdtemp(prefix="proxyctl-"))
    line = start_line(url_of(sockets[0]), loaded.snapshot, settings.workers)
    try:
        board = Board(run_dir)
        board.prepare()
        board.hold()
        board.publish(published.to_data(loaded.published))
        if settings.workers == 1:
            run_worker(plan, Post(sockets[0], run_dir), loaded, lambda: tell(line))
            return 0
        telemetry = SystemTelemetry(settings.log.level, settings.log.format)
        return Workers(plan, sockets, run_dir, telemetry, method).run(loaded, lambda: tell(line))
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(
                number, signal.SIG_IGN
            )  # told once more while tidying up, it tidies up all the same
        for sock in sockets:
            sock.close()
        shutil.rmtree(run_dir, ignore_errors=True)
