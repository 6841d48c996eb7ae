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
from engine.ports import Telemetry
from engine.server import counting, published
from engine.server.board import Board
from engine.server.clerk.kept_tables import kept
from engine.server.data_dir import data_path, make_data_directory, storage_url
from engine.server.listen import listen, url_of
from engine.server.startup import Loaded, Plan, StartRefused, first_load, start_line
from engine.server.worker import Post, run_worker
from engine.server.workers import START_METHOD, Places, Workers

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
    counting.check(settings)
    loaded = first_load(plan, SiteSecrets(plan.site), SystemClock(), allow_partial=allow_partial)
    show(loaded)
    try:
        sockets = listen(settings.host, settings.port, settings.workers)
    except OSError as exc:
        reason = (exc.strerror or str(exc)).lower()
        raise StartRefused(f"cannot listen on {settings.host}:{settings.port}: {reason}") from exc
    line = start_line(url_of(sockets[0]), loaded.snapshot, settings.workers)
    telemetry = SystemTelemetry(settings.log.level, settings.log.format)
    # A signal in between would leave the directory behind.
    held = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))
    run_dir = Path(tempfile.mkdtemp(prefix="proxyctl-"))
    try:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
        data = _data_directory(plan, run_dir, telemetry)
        counting.begin_anew(data)
        board = Board(run_dir)
        board.prepare()
        board.hold()
        board.publish(published.to_data(loaded.published))
        for name, rows in kept(data, storage_url(plan.site, settings, data)):
            board.publish_table(name, rows)
        if settings.workers == 1:
            run_worker(plan, Post(sockets[0], run_dir, data=data), loaded, lambda: tell(line))
            return 0
        places = Places(run_dir, data)
        return Workers(plan, sockets, places, telemetry, method).run(loaded, lambda: tell(line))
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(
                number, signal.SIG_IGN
            )  # told once more while tidying up, it tidies up all the same
        for sock in sockets:
            sock.close()
        shutil.rmtree(run_dir, ignore_errors=True)


def _data_directory(plan: Plan, run_dir: Path, telemetry: Telemetry) -> Path:
    """The directory of durable files. If it cannot be written, the run directory stands in: nothing lasts."""
    try:
        return make_data_directory(plan.site, plan.settings)
    except OSError as exc:
        message = "cannot be written; usage, counters and keys made at run time are lost at the end"
        fields = {"directory": str(data_path(plan.site, plan.settings)), "error": exc.strerror}
        telemetry.log("warning", "data directory", {"message": message, **fields})
        return run_dir
