"""A server in the test's own process, on a port of its own, with a gateway that does what the test says."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson
from sanic import Sanic

from engine.diagnostics import Position
from engine.errors import ErrorInfo
from engine.events import Inbound
from engine.ports import Fields
from engine.routing.aliases import AliasTable
from engine.server.access.auth import AdminDoor, Door
from engine.server.app import LOGGERS, adopt_framework_logs, make_app
from engine.server.drain import Drain
from engine.server.front import Front
from engine.server.http1.connection import Connection
from engine.server.http1.sweep import Patience
from engine.server.ingress import Answering, Ingress, Served
from engine.server.listen import listen
from engine.server.own_pages import OwnPage
from engine.server.page import Answer, Page
from engine.snapshot.model import Alias, Client, Endpoint, Snapshot
from engine.snapshot.routes import standard_endpoints
from engine.spec.settings import LimitSettings, Settings
from engine.surfaces.surface import Surface

AT = Position("routes.d/a.yaml")
PATIENCE = 5.0
POST = b"POST /v1/chat/completions HTTP/1.1\r\nhost: h\r\n"

Handler = Callable[[Inbound], Awaitable[Answer]]


@dataclass
class Streamed:
    """An answer whose body is still to come."""

    body: AsyncIterator[bytes]
    status: int = 200
    content_type: str = "text/event-stream; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    session: None = None


class FakeGateway:
    """Answers with `handler`; keeps what it was asked."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.asked: list[tuple[Inbound, Client | None]] = []
        self.relayed: list[str] = []
        self.turned_away: list[tuple[str, int]] = []

    async def chat(
        self, snapshot: Snapshot, surface_name: str, inbound: Inbound, client: Client | None
    ) -> Answer:
        self.asked.append((inbound, client))
        return await self.handler(inbound)

    async def count(
        self, snapshot: Snapshot, surface: Surface, inbound: Inbound, client: Client | None
    ) -> Answer:
        return Page(200, orjson.dumps(surface.count(7)))

    async def relay(
        self, snapshot: Snapshot, endpoint: Endpoint, inbound: Inbound, rest: str, client: Client | None
    ) -> Answer:
        self.relayed.append(rest)
        return await self.chat(snapshot, endpoint.surface, inbound, client)

    async def act(
        self, snapshot: Snapshot, endpoint: Endpoint, inbound: Inbound, client: Client | None
    ) -> Answer:
        return await self.chat(snapshot, endpoint.surface, inbound, client)

    async def realtime(
        self, snapshot: Snapshot, endpoint: Endpoint, inbound: Inbound, rest: str, client: Client | None
    ) -> Answer:
        return await self.relay(snapshot, endpoint, inbound, rest, client)

    def refused(self, endpoint: Endpoint, inbound: Inbound, info: ErrorInfo) -> None:
        self.turned_away.append((endpoint.name, info.status))


@dataclass
class Counted:
    """Implements `ports.Counter`."""

    counts: dict[str, float]
    name: str

    @property
    def value(self) -> float:
        return self.counts.get(self.name, 0)

    @value.setter
    def value(self, value: float) -> None:
        self.counts[self.name] = value

    def add(self, amount: float = 1.0) -> None:
        self.value += amount

    observe = set = add


class Lines:
    """Implements `ports.Telemetry` by keeping everything."""

    tracer = None

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, Mapping[str, object]]] = []
        self.counts: dict[str, float] = {}

    def counter(self, name: str, labels: Mapping[str, str]) -> Counted:
        return Counted(self.counts, name)

    gauge = histogram = counter

    def shows(self, level: str) -> bool:
        return True

    def bound(self, fields: Fields) -> Fields:
        return fields

    def log(self, level: str, event: str, *fields: Fields) -> None:
        self.lines.append((level, event, {name: value for part in fields for name, value in part.items()}))

    def of(self, event: str) -> list[Mapping[str, object]]:
        return [fields for _, name, fields in self.lines if name == event]


class CountedIds:
    def __init__(self) -> None:
        self.given = 0

    def uid(self, prefix: str) -> str:
        self.given += 1
        return f"{prefix}-{self.given}"

    def random(self) -> float:
        return 0.5


def alias(name: str, access: tuple[str, ...] | None = None) -> Alias:
    return Alias(name, AT, "first", (), access=access)


def snapshot(
    *,
    aliases: tuple[Alias, ...] = (),
    clients: tuple[Client, ...] = (),
    endpoints: tuple[Endpoint, ...] | None = None,
    generation: str = "gen1",
) -> Snapshot:
    return Snapshot(
        generation=generation,
        settings=Settings(),
        aliases=AliasTable.build((one.name, one) for one in aliases),
        providers={},
        pools={},
        clients=clients,
        endpoints=tuple(standard_endpoints()) if endpoints is None else endpoints,
    )


async def says_ok(inbound: Inbound) -> Answer:
    return Page(200, b'{"ok":true}', headers={"x-proxyctl-provider": "fake"})


class Waiting:
    """A gateway's work that tells when it began and whether it was cancelled or closed."""

    def __init__(self, *first: bytes) -> None:
        self.first = first
        self.began = asyncio.Event()
        self.ended = asyncio.Event()

    async def whole(self, _: Inbound) -> Answer:
        self.began.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.ended.set()
        raise AssertionError

    async def streamed(self, _: Inbound) -> Answer:
        return Streamed(self.body())

    async def body(self) -> AsyncIterator[bytes]:
        try:
            for piece in self.first:
                yield piece
            self.began.set()
            await asyncio.Event().wait()
        finally:
            self.ended.set()


@dataclass
class Running:
    url: str
    port: int
    gateway: FakeGateway
    ingress: Ingress
    drain: Drain
    telemetry: Lines
    client: httpx.AsyncClient
    connections: Any

    async def talk(self, *parts: bytes) -> bytes:
        """Send bytes as they are; all that comes back until the server closes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            for part in parts:
                writer.write(part)
                await writer.drain()
            return await asyncio.wait_for(reader.read(), PATIENCE)
        finally:
            writer.close()

    async def chat(self, **changes: Any) -> httpx.Response:
        return await self.client.post("/v1/chat/completions", **{"json": {"model": "m"}, **changes})


@asynccontextmanager
async def running(
    handler: Handler = says_ok,
    *,
    served: Snapshot | None = None,
    door: Door | None = None,
    admin_door: AdminDoor | None = None,
    pages: Mapping[str, OwnPage] | None = None,
    limits: LimitSettings | None = None,
    patience: Patience | None = None,
    real: Answering | None = None,
) -> AsyncIterator[Running]:
    """`real`: a gateway that answers in the stead of `handler`."""
    settings = Settings(limits=limits or LimitSettings())
    telemetry, gateway, drain = Lines(), FakeGateway(handler), Drain(settings.limits.concurrency)
    ingress = Ingress(
        real or gateway,
        pages or {},
        door or Door(open_to_all=False, local=True),
        admin_door or AdminDoor(None, local=True),
        telemetry,
        drain.check_room,
    )
    ingress.served = Served.of(served or snapshot())
    app = make_app(Front(ingress, drain, CountedIds(), telemetry), settings.limits, patience)
    sock = listen("127.0.0.1", 0, 1)[0]
    server: Any = await app.create_server(
        sock=sock,
        protocol=Connection,
        return_asyncio_server=True,
        asyncio_server_kwargs={"start_serving": False},
    )
    await server.startup()
    await server.start_serving()
    url = f"http://127.0.0.1:{sock.getsockname()[1]}"
    async with httpx.AsyncClient(base_url=url, timeout=PATIENCE, trust_env=False) as client:
        here = Running(
            url, sock.getsockname()[1], gateway, ingress, drain, telemetry, client, server.connections
        )
        try:
            yield here
        finally:
            server.server.close()
            for connection in list(server.connections):
                connection.abort()
            Sanic.unregister_app(app)


def error_of(raw: bytes) -> tuple[int, dict[str, str]]:
    """Status and error of a raw HTTP answer."""
    head, _, body = raw.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)["error"]


@contextmanager
def framework_logs_to(telemetry: Lines) -> Iterator[None]:
    """What a worker does to the framework's loggers, and back."""
    before = {name: list(logging.getLogger(name).handlers) for name in LOGGERS}
    adopt_framework_logs(telemetry)
    try:
        yield
    finally:
        for name, handlers in before.items():
            logging.getLogger(name).handlers = handlers


async def eventually(holds: Callable[[], bool]) -> None:
    """Until something holds; fails when it does not within the test's patience."""
    async with asyncio.timeout(PATIENCE):
        while not holds():
            await asyncio.sleep(0.005)
