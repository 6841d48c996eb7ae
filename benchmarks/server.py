"""What the web server costs: CPU of a request in the framework's own handler, and on `http1.Connection`.

    python -m benchmarks.server [--connections 32] [--requests 20000] [--loop asyncio]

Both handlers parse the JSON body and answer it with a few bytes. The servers run in processes of their own,
and their CPU time is read from /proc (Linux); the rounds alternate, and the least of each counts.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import uvloop
from sanic import HTTPResponse, Request, Sanic
from sanic.response import raw

from benchmarks.process import ends_with_sigterm
from engine.errors import EngineError
from engine.server.app import make_app
from engine.server.http1.connection import Connection
from engine.server.http1.exchange import Exchange
from engine.server.listen import listen
from engine.spec.settings import LimitSettings

ROUNDS = 5
BODY = orjson.dumps({"model": "m", "messages": [{"role": "user", "content": "hello " * 130}]})
REQUEST = (
    b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
    b"authorization: Bearer sk-bench\r\ncontent-length: %d\r\n\r\n%b" % (len(BODY), BODY)
)
ANSWER, JSON = b'{"ok":true}', "application/json"
TICK = os.sysconf("SC_CLK_TCK")

LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "uvloop": uvloop.new_event_loop,
    "asyncio": asyncio.new_event_loop,
}


def framework() -> tuple[Sanic[Any, Any], dict[str, Any]]:
    app: Sanic[Any, Any] = Sanic("floor", configure_logging=False)
    app.config.update({"ACCESS_LOG": False, "MOTD": False})

    async def handle(request: Request) -> HTTPResponse:
        orjson.loads(request.body)
        return raw(ANSWER, content_type=JSON)

    app.add_route(handle, "/v1/chat/completions", methods=["POST"])
    return app, {}


class Empty:
    """Implements `connection.Handler`."""

    async def handle(self, exchange: Exchange) -> None:
        orjson.loads(exchange.body)
        exchange.answer(200, {}, JSON, ANSWER)

    def refuse(self, exchange: Exchange, error: EngineError) -> None:
        exchange.answer(400, {}, JSON, b"")


def ours() -> tuple[Sanic[Any, Any], dict[str, Any]]:
    return make_app(Empty(), LimitSettings()), {"protocol": Connection}


SERVERS = {"the framework's handler": framework, "http1.Connection": ours}


def serve(make: Callable[[], tuple[Sanic[Any, Any], dict[str, Any]]], sock: socket.socket, loop: str) -> None:
    async def live() -> None:
        app, options = make()
        server: Any = await app.create_server(sock=sock, return_asyncio_server=True, **options)
        await server.startup()
        await asyncio.Event().wait()

    with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
        runner.run(live())


class Client(asyncio.Protocol):
    """Asks, waits for the answer and asks again, until there is nothing left to ask."""

    def __init__(self, left: list[int], ended: asyncio.Future[None]) -> None:
        self.left, self.ended = left, ended
        self.got = b""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.transport = transport
        self.transport.write(REQUEST)

    def data_received(self, data: bytes) -> None:
        self.got += data
        if not self.got.endswith(ANSWER):
            return
        assert self.got.startswith(b"HTTP/1.1 200 ")
        self.got = b""
        self.left[0] -= 1
        if self.left[0] > 0:
            self.transport.write(REQUEST)
        else:
            self.transport.abort()
            if not self.ended.done():
                self.ended.set_result(None)


async def load(port: int, connections: int, requests: int) -> None:
    loop = asyncio.get_running_loop()
    left, ended = [requests], loop.create_future()
    for _ in range(connections):
        await loop.create_connection(lambda: Client(left, ended), "127.0.0.1", port)
    await ended


def cpu_of(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--requests", type=int, default=20_000, help="in each round")
    parser.add_argument("--loop", choices=LOOPS, default="uvloop")
    options = parser.parse_args()
    ends_with_sigterm()
    context = multiprocessing.get_context("spawn")
    best = dict.fromkeys(SERVERS, float("inf"))
    processes, ports = {}, {}
    for name, make in SERVERS.items():
        sock = listen("127.0.0.1", 0, 1)[0]
        ports[name] = sock.getsockname()[1]
        processes[name] = context.Process(target=serve, args=(make, sock, options.loop), daemon=True)
        processes[name].start()
        sock.close()
    for turn in range(ROUNDS + 1):
        for name, process in processes.items():
            assert process.pid is not None
            before = cpu_of(process.pid)
            uvloop.run(load(ports[name], options.connections, options.requests))
            if turn:  # the first round warms up, and pays for the start
                best[name] = min(best[name], (cpu_of(process.pid) - before) / options.requests * 1e6)
    floor = next(iter(best.values()))
    for name, cost in best.items():
        print(f"{name:24} {cost:6.1f} µs   {cost / floor:.2f}")


if __name__ == "__main__":
    main()
