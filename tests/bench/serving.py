"""The suite's upstream, or any protocol, on a port of its own in the test's loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from engine.bench.bodies import PATH, body
from engine.bench.order import Order
from engine.bench.plan import Plan
from engine.bench.upstream import Session


@asynccontextmanager
async def serving(protocol: Callable[[], asyncio.Protocol] = Session) -> AsyncIterator[int]:
    made: list[asyncio.Protocol] = []

    def make() -> asyncio.Protocol:
        made.append(protocol())
        return made[-1]

    server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for each in made:
            each.transport.abort()  # type: ignore[attr-defined]
        await asyncio.sleep(0)


def plan(port: int, order: Order | None = None, **more: object) -> Plan:
    """Five requests of two clients."""
    asked = order or Order()
    stream = bool(more.get("stream"))
    text = body("1 kB", "m", asked, stream=stream).decode()
    given = {"clients": 2, "seconds": 20.0, "requests": 5, "events": asked.events, **more}
    return Plan(port, PATH, text, **given)  # type: ignore[arg-type]


class Says(asyncio.Protocol):
    """Answers every request with the same bytes; `then_closes` ends the connection behind them."""

    def __init__(self, answer: bytes, *, then_closes: bool = False) -> None:
        self.answer, self.then_closes = answer, then_closes

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.transport.write(self.answer)
        if self.then_closes:
            self.transport.close()


def answer(body: bytes, status: str = "200 OK", length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    return f"HTTP/1.1 {status}\r\ncontent-length: {size}\r\n\r\n".encode() + body
