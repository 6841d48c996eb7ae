"""One worker's life: put the parts together, serve until told to stop, let requests run out."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Callable, Coroutine, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import uvloop
from sanic import Sanic

from engine.adapters.clock import SystemClock
from engine.adapters.collector import set_aside
from engine.adapters.entropy import SystemEntropy, secret
from engine.adapters.heap import keep_some, share_one
from engine.adapters.profiles import profile_verbs
from engine.adapters.safe import Safe
from engine.adapters.secrets import SiteSecrets
from engine.adapters.sockets import WebSockets
from engine.adapters.token_shelf import Shelf
from engine.adapters.way_out import WayOut
from engine.credentials.vault import Vault
from engine.gateway.experience import Experience
from engine.gateway.gateway import Gateway
from engine.gateway.health import Checks
from engine.networks import networks_of
from engine.server.access.auth import AdminDoor, ClientKeys, Door
from engine.server.access.caller import Callers
from engine.server.access.roster import Roster, known_late, token_service
from engine.server.access.sessions import Sessions
from engine.server.access.wrong_keys import FORM, WrongKeys
from engine.server.admin.audit import audit_pages
from engine.server.admin.clients import client_pages
from engine.server.admin.difference import difference_pages
from engine.server.admin.limits import limit_pages
from engine.server.admin.metrics import metrics_pages
from engine.server.admin.model_lists import model_list_pages
from engine.server.admin.overview import Sources, kind_of
from engine.server.admin.site import site_pages
from engine.server.admin.targets import target_numbers, target_pages
from engine.server.admin.usage import usage_pages
from engine.server.apidocs.pages import docs_pages
from engine.server.app import adopt_framework_logs, make_app, open_telemetry
from engine.server.board import Board
from engine.server.clerk.books import Books
from engine.server.clerk.client import ClerkClient
from engine.server.clerk.tables import Tables
from engine.server.client_desk import ClientDesk
from engine.server.console.login import Login
from engine.server.console.wiring import browser_pages
from engine.server.counting import Counting
from engine.server.desk import Desk
from engine.server.drain import Drain
from engine.server.front import Front
from engine.server.http1.connection import Connection
from engine.server.ingress import Ingress, Served
from engine.server.listen import is_loopback
from engine.server.model_lists import ModelLists
from engine.server.numbers import WorkerNumbers
from engine.server.own_pages import OwnPage
from engine.server.reload import Keeper, Needs
from engine.server.rest import rest_when_idle
from engine.server.startup import Loaded, Plan
from engine.server.vault.errands import Errands
from engine.server.vault.keyring import Keyring
from engine.server.vault.stored import TABLE
from engine.server.vault.treasury import Treasury
from engine.server.verbs import client_verbs, usage_verbs
from engine.snapshot.model import Client, Snapshot
from engine.spec.settings import Settings

LAST_WORDS, LAST_WORK = 1.0, 2.0
NUMBERS_EVERY = 1.0
PARENT_LOOK_EVERY = 1.0


@dataclass(frozen=True)
class Post:
    """A worker's place: its socket, the run directory, the parent process that it must not outlive, and the
    directory of durable files (None: the run directory stands in for it)."""

    sock: socket.socket
    run_dir: Path
    parent: int | None = None
    data: Path | None = None


def run_worker(plan: Plan, post: Post, first: Loaded | None, ready: Callable[[], None]) -> None:
    """Serve until a signal; `ready` is called once requests are answered."""
    share_one()
    keep_some()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(Worker(plan, post).live(first, ready))


class Worker:
    """The only place where the parts are put together."""

    def __init__(self, plan: Plan, post: Post) -> None:
        settings = plan.settings
        self._plan = plan
        self._post = post
        self._telemetry = open_telemetry(settings)
        self._clock = SystemClock()
        self._entropy = SystemEntropy()
        self._board = Board(post.run_dir)
        self._data = post.data or post.run_dir
        self._counting = Counting(settings, self._data, self._telemetry)
        self._vault = Vault()
        self._safe = Safe(settings.secret_key, self._data, self._tell_key)
        clock, counters, telemetry = self._clock, self._counting.counters, self._telemetry
        self._keyring = Keyring(plan.site, self._data, self._vault, self._safe, clock, counters, telemetry)
        self.tables = Tables(self._board)
        self.tables.follow(TABLE, self._keyring.follow)
        self.clerk = ClerkClient(post.run_dir, answered=self.tables.look)
        self._roster = Roster(
            self._clock,
            partial(token_service, plan.site, self._clock, self._telemetry),
            lambda tokens: self._start(tokens.run()),
            self._use_clients,
            known_late(settings),
        )
        self._books = Books(plan, self._board, self._data, self._telemetry)
        self.tables.follow("clients", self._roster.learn)
        self._drain = Drain(settings.limits.concurrency)
        self._numbers = WorkerNumbers(self._board, self._telemetry.metrics, lambda: self._drain.in_flight)
        shelf = Shelf(post.run_dir / "tokens", self._safe)
        self._out = WayOut(plan.site, self._clock, self._entropy.uid, self._telemetry, shelf)
        needs = Needs(self._board, SiteSecrets(plan.site), self._clock, self._telemetry, self._entropy.uid)
        self.keeper = Keeper(plan, needs, self._prepare)
        world = self._out.upstream, clock, self._entropy, counters, telemetry
        self._gateway = Gateway(*world, self._books.spool, self._vault)
        self._gateway.sockets = WebSockets(plan.site, self._out.tokens)
        self._gateway.experience = Experience.of_one(settings.workers)
        self._client_desk = ClientDesk(
            self.clerk, lambda: self._roster.snapshot, self._clock, partial(secret, "pk-")
        )
        self._treasury = Treasury(
            self._gateway.outside, self._keyring, self._safe, self.clerk.ask, self._serving
        )
        self._desk = self._make_desk()
        self._models = ModelLists(
            self._gateway.outside, self._board, lambda: self.ingress.renew(self._models.added), self.tables
        )
        self.ingress = self._make_ingress(settings)
        self._stopping, self._hurry = asyncio.Event(), asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def _make_desk(self) -> Desk:
        """What pages and actions do is the same."""
        everywhere, site, run_dir = self._numbers.everywhere, self._plan.site, self._post.run_dir
        desk = Desk(self._treasury, site, run_dir, self._serving, self.keeper, everywhere)
        usage = usage_verbs(self.clerk, self._clock, self._books.waiting)
        profiles = profile_verbs(self._safe, self.clerk.ask, self._plan.settings.allow_addresses)
        verbs = {**client_verbs(self._client_desk), **usage, **profiles, **desk.verbs()}
        self._gateway.office.open(verbs, self.clerk.ask)
        return desk

    def _make_ingress(self, settings: Settings) -> Ingress:
        local = is_loopback(settings.host)
        callers = Callers(networks_of(settings.trusted_proxies))
        ended = self._post.run_dir / "sessions"
        sessions = Sessions(self._safe, self._clock, settings.admin_key, ended, partial(secret, ""))
        wrong = WrongKeys(self._counting.counters, callers)
        door = AdminDoor(settings.admin_key, local, sessions, wrong)
        typed = replace(wrong, turns=FORM)
        login = Login(door, sessions, typed, self._clock, self.clerk, self._telemetry)
        return Ingress(
            self._gateway,
            {
                **self._pages(wrong),
                **browser_pages(self._sources(), settings, login, self._gateway),
                **docs_pages(settings, local, lambda: self.ingress.served),
            },
            Door(settings.auth == "none", local, settings.cors_origins, callers, self._clock),
            door,
            self._telemetry,
            self._drain.check_room,
            self._refresh_tokens,
        )

    def _pages(self, wrong: WrongKeys) -> dict[str, OwnPage]:
        settings = self._plan.settings
        return {
            **site_pages(self, self._board),
            **difference_pages(lambda: self.keeper.published, settings),
            **metrics_pages(settings, is_loopback(settings.host), self._metrics_text, wrong),
            **usage_pages(self._gateway.office.verbs["usage.stats"]),
            **model_list_pages(self._models, self._serving),
            **target_pages(self._gateway, self._serving),
            **audit_pages(self.clerk),
            **limit_pages(self._gateway.outside, self._serving, self._known_clients),
            **self._desk.pages(),
            **client_pages(self._client_desk),
        }

    def _sources(self) -> Sources:
        kind, metrics = kind_of(self._plan.settings.storage), self._telemetry.metrics
        return Sources(
            self, self._board, metrics, self._clock, self.clerk, kind, self._books.waiting, self._serving,
            self._known_clients,
        )  # fmt: skip

    def _known_clients(self) -> Iterable[Client]:
        served = self.ingress.served
        return () if served is None else served.keys.by_digest.values()

    def _use_clients(self, keys: ClientKeys) -> None:
        if self.ingress.served is not None:
            self.ingress.served = replace(self.ingress.served, keys=keys)

    async def _refresh_tokens(self, source: str) -> None:
        if self._roster.tokens is not None:
            await self._roster.tokens.refresh(source)

    def _prepare(self, snapshot: Snapshot) -> Callable[[], None]:
        keys, use_clients = self._roster.prepare(snapshot)
        served = Served.of(self._models.added(snapshot), keys)
        channels = {provider.channel for provider in snapshot.providers.values()}
        use_keys = self._keyring.prepare(snapshot.pools)

        def swap() -> None:
            self.ingress.served = served
            use_keys()
            use_clients()
            self._out.http.retain(channels)

        return swap

    def _tell_key(self, notice: str) -> None:
        self._telemetry.log("warning", "key for stored credentials", {"message": notice})

    def _serving(self) -> Snapshot | None:
        served = self.ingress.served
        return served.snapshot if served else None

    def _led(self) -> Snapshot | None:
        """What is served, for what the leading worker alone does."""
        return self._serving() if self.keeper.leads else None

    @property
    def published(self) -> Mapping[str, Any]:
        known = self.keeper.published
        if known is None:
            return {}
        return {
            "generation": known.generation,
            "loaded_at": known.loaded_at,
            "files": {**known.files, **self._keyring.states},
        }

    def _metrics_text(self) -> str:
        published = self.published
        return self._numbers.text(
            published.get("files", {}),
            published.get("loaded_at") or 0.0,
            {**target_numbers(self._gateway, self._serving), **self._books.numbers()},
        )

    @property
    def counters(self) -> str:
        return self._counting.state

    @property
    def ready(self) -> bool:
        return self.keeper.serving and not self._drain.closing

    async def reload_now(self) -> Mapping[str, Any]:
        return await self.keeper.reload_now()

    async def live(self, first: Loaded | None, ready: Callable[[], None]) -> None:
        adopt_framework_logs(self._telemetry)
        self._obey_signals()
        await self.keeper.start(first)
        front = Front(self.ingress, self._drain, self._entropy, self._telemetry)
        app = make_app(front, self._plan.settings.limits)
        server: Any = await app.create_server(
            sock=self._post.sock,
            protocol=Connection,
            return_asyncio_server=True,
            asyncio_server_kwargs={"start_serving": False},
        )
        self.tables.look()
        await self._counting.start()
        await server.startup()
        set_aside()
        await server.start_serving()
        self._start(self.keeper.run())
        self._start(self._keyring.run())
        self._start(Checks(self._gateway.outside).run(self._led))
        self._start(Errands(self._treasury, self._telemetry, lambda: self.keeper.leads).run())
        self._start(self._out.tokens.run())
        self._start(self._models.run(self._led))
        self._start(self._counting.run())
        self._start(self._write_numbers())
        self._start(rest_when_idle(self._drain))
        self._start(self.tables.run())
        self._start(self._books.tend())
        self._start(self._books.keep_clerk())
        if self._post.parent is not None:
            self._start(self._watch_parent(self._post.parent))
        ready()
        self._telemetry.gather(asyncio.get_running_loop().call_later)
        if self._telemetry.tracer is not None:
            self._telemetry.tracer.start(asyncio.get_running_loop().call_soon_threadsafe)
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
        self._telemetry.gather(None)
        await self._gateway.run_out(LAST_WORK)
        if self.keeper.leads:  # and has the clerk, whom the others may need for their last work
            await self._board.outlast(self._plan.settings.shutdown_grace + LAST_WORK, self._hurry.is_set)
        self._books.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._numbers.write()
        self._board.forget(self._board.pid)
        await self._gateway.aclose()
        await self._out.upstream.aclose()
        if self._telemetry.tracer is not None:
            await asyncio.to_thread(self._telemetry.tracer.close)
        await self._counting.aclose()
        Sanic.unregister_app(app)
        if self._post.parent is not None and os.getppid() != self._post.parent:
            self._board.remove_when_left()

    async def _write_numbers(self) -> None:
        while True:
            with suppress(OSError):  # a full disk, say: the next second is another
                self._numbers.look()
            self._counting.counters.tidy()
            await asyncio.sleep(NUMBERS_EVERY)

    async def _watch_parent(self, parent: int) -> None:
        while os.getppid() == parent:
            await asyncio.sleep(PARENT_LOOK_EVERY)
        self.stop()
