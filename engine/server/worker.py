"""One worker's life: put the parts together, serve until told to stop, let requests run out."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvloop
from sanic import Sanic

from engine.adapters.clock import SystemClock
from engine.adapters.counters import LocalCounters
from engine.adapters.entropy import SystemEntropy
from engine.adapters.metrics import to_data
from engine.adapters.secrets import SiteSecrets
from engine.adapters.telemetry import SystemTelemetry
from engine.adapters.upstream_httpx import HttpxUpstream
from engine.adapters.upstream_scripted import ScriptedUpstream
from engine.adapters.upstreams import Upstreams
from engine.gateway.gateway import Gateway
from engine.server.admin import own_pages
from engine.server.app import adopt_framework_logs, make_app
from engine.server.auth import AdminDoor, Door
from engine.server.board import Board
from engine.server.drain import Drain
from engine.server.front import Front
from engine.server.ingress import Ingress, Served
from engine.server.listen import is_loopback
from engine.server.reload import Keeper, Needs
from engine.server.startup import Loaded, Plan
from engine.spec.settings import Settings

LAST_WORDS = 1.0
NUMBERS_EVERY = 1.0
PARENT_LOOK_EVERY = 1.0


@dataclass(frozen=True)
class Post:
    """A worker's place: its socket, the run directory, and the parent process that it must not outlive."""

    sock: socket.socket
    run_dir: Path
    parent: int | None = None


def run_worker(plan: Plan, post: Post, first: Loaded | None, ready: Callable[[], None]) -> None:
    """Serve until a signal; `ready` is called once requests are answered."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(Worker(plan, post).live(first, ready))


class Worker:
    """The only place where the parts are put together."""

    def __init__(self, plan: Plan, post: Post) -> None:
        settings = plan.settings
        self._plan = plan
        self._post = post
        self._telemetry = SystemTelemetry(settings.log.level, settings.log.format)
        self._clock = SystemClock()
        self._entropy = SystemEntropy()
        self._board = Board(post.run_dir)
        self._drain = Drain(settings.limits.concurrency)
        http = HttpxUpstream(plan.site)
        self._upstreams = Upstreams({"http": http, "https": http, "scripted": ScriptedUpstream()})
        needs = Needs(self._board, SiteSecrets(plan.site), self._clock, self._telemetry, self._entropy.uid)
        self.keeper = Keeper(plan, needs, self._swap)
        self.ingress = self._make_ingress(settings)
        self._stopping = asyncio.Event()
        self._hurry = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def _make_ingress(self, settings: Settings) -> Ingress:
        local = is_loopback(settings.host)
        gateway = Gateway(self._upstreams, self._clock, self._entropy, LocalCounters(), self._telemetry)
        return Ingress(
            gateway,
            own_pages(self, self._board, self._telemetry),
            Door(settings.auth == "none", local, settings.cors_origins),
            AdminDoor(settings.admin_key, local),
            self._telemetry,
            self._drain.check_room,
        )

    def _swap(self, snapshot: Any) -> None:
        self.ingress.served = Served.of(snapshot)

    # What the server's own pages ask for

    @property
    def published(self) -> Mapping[str, Any]:
        known = self.keeper.published
        if known is None:
            return {}
        return {"generation": known.generation, "loaded_at": known.loaded_at, "files": known.files}

    @property
    def ready(self) -> bool:
        return self.keeper.serving and not self._drain.closing

    async def reload_now(self) -> Mapping[str, Any]:
        return await self.keeper.reload_now()

    # Life

    async def live(self, first: Loaded | None, ready: Callable[[], None]) -> None:
        adopt_framework_logs(self._telemetry)
        self._obey_signals()
        await self.keeper.start(first)
        front = Front(self.ingress, self._drain, self._plan.settings.limits, self._entropy, self._telemetry)
        app = make_app(front, self._plan.settings)
        server: Any = await app.create_server(
            sock=self._post.sock, return_asyncio_server=True, asyncio_server_kwargs={"start_serving": False}
        )
        await server.startup()
        await server.start_serving()
        self._start(self.keeper.run())
        self._start(self._write_numbers())
        if self._post.parent is not None:
            self._start(self._watch_parent(self._post.parent))
        ready()
        try:
            await self._stopping.wait()
            await self._run_out(server)
        finally:
            await self._end(app)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A task of the worker never ends by itself; if one does, nothing is hidden."""
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._telemetry.log("error", "worker task ended", {"error": repr(task.exception())})

    def _obey_signals(self) -> None:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self.stop)
        if self._post.parent is None:
            loop.add_signal_handler(signal.SIGINT, self.stop)
            loop.add_signal_handler(signal.SIGHUP, lambda: self._start(self._reload_by_signal()))
        else:
            # A terminal's Ctrl-C goes to every process; only the parent's word counts here.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def stop(self) -> None:
        """Stop gently; told again, at once."""
        (self._hurry if self._stopping.is_set() else self._stopping).set()

    async def _reload_by_signal(self) -> None:
        await self.keeper.reload_now()

    async def _run_out(self, server: Any) -> None:
        """Accept nothing more, let requests in flight end within the grace, cut the rest."""
        server.server.close()
        for connection in list(server.connections):
            connection.close_if_idle()
        grace = self._plan.settings.shutdown_grace
        if self._drain.in_flight:
            fields = {"in_flight": self._drain.in_flight, "grace": grace}
            self._telemetry.log("info", "shutting down", fields)
        running_out = asyncio.ensure_future(self._drain.run_out(grace, LAST_WORDS))
        hurrying = asyncio.ensure_future(self._hurry.wait())
        await asyncio.wait({running_out, hurrying}, return_when=asyncio.FIRST_COMPLETED)
        for task in (running_out, hurrying):
            task.cancel()
        for connection in list(server.connections):
            connection.abort() if self._hurry.is_set() or self._drain.in_flight else connection.close()

    async def _end(self, app: Sanic[Any, Any]) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._board.write_numbers(to_data(self._telemetry.metrics.families))
        self._board.forget(self._board.pid)
        await self._upstreams.aclose()
        Sanic.unregister_app(app)
        if self._post.parent is not None and os.getppid() != self._post.parent:
            self._board.remove_when_left()

    async def _write_numbers(self) -> None:
        while True:
            with suppress(OSError):  # a full disk, say: the next second is another
                self._board.write_numbers(to_data(self._telemetry.metrics.families))
            await asyncio.sleep(NUMBERS_EVERY)

    async def _watch_parent(self, parent: int) -> None:
        while os.getppid() == parent:
            await asyncio.sleep(PARENT_LOOK_EVERY)
        self.stop()
