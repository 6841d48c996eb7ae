"""What a call to an upstream costs through each client, in CPU time of this process.

    python -m benchmarks.upstream

The upstream is a minimal server in another process, so its time does not count. Prints the microseconds of
one call with some in flight, and how many times more httpx takes; bodies of 1 kB and 1 MB, and a stream in
many chunks. Absolute times depend on the machine.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import Callable
from contextlib import aclosing
from multiprocessing.connection import Connection
from typing import cast

import uvloop

from benchmarks.process import ends_with_sigterm
from engine.adapters.upstream_http1 import Http1Upstream
from engine.adapters.upstream_httpx import HttpxUpstream
from engine.events import Call
from engine.ports import Upstream

HEAD = b"HTTP/1.1 200 OK\r\nserver: bench\r\ncontent-type: application/json\r\n"
ANSWERS = {
    "/small": HEAD + b"content-length: 400\r\n\r\n" + b"x" * 400,
    "/large": HEAD + b"content-length: 1000000\r\n\r\n" + b"x" * 1_000_000,
    "/chunks": HEAD
    + b"transfer-encoding: chunked\r\n\r\n"
    + b"64\r\n%s\r\n" % (b"x" * 100) * 100
    + b"0\r\n\r\n",
}

# name: path, bytes sent, in flight, calls through the fast client, calls through the slow one
Case = tuple[str, int, int, int, int]
CASES: dict[str, Case] = {
    "small, 1 in flight": ("/small", 1_000, 1, 5_000, 500),
    "small, 64 in flight": ("/small", 1_000, 64, 20_000, 1_000),
    "1 MB answer, 8 in flight": ("/large", 1_000, 8, 200, 100),
    "1 MB request, 8 in flight": ("/small", 1_000_000, 8, 200, 100),
    "100 chunks, 8 in flight": ("/chunks", 1_000, 8, 2_000, 200),
}


class Server(asyncio.Protocol):
    """Answers once it has read a request; knows no more of HTTP than this benchmark says."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport, self.read, self.wanted, self.answer = cast(asyncio.Transport, transport), 0, 0, b""

    def data_received(self, data: bytes) -> None:
        if not self.wanted:
            head, _, _ = data.partition(b"\r\n\r\n")
            self.answer = ANSWERS[head.split(b" ", 2)[1].decode()]
            length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
            self.wanted = len(head) + 4 + int(length or 0)
        self.read += len(data)
        if self.read >= self.wanted:
            self.read = self.wanted = 0
            self.transport.write(self.answer)


async def serve(started: Callable[[int], None]) -> None:
    server = await asyncio.get_running_loop().create_server(Server, "127.0.0.1", 0)
    started(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def run_server(pipe: Connection) -> None:
    uvloop.run(serve(pipe.send))


async def cost(make: Callable[[], Upstream], call: Call, in_flight: int, count: int) -> float:
    """CPU microseconds of one of `count` calls; connections are open before the clock starts."""
    async with aclosing(make()) as upstream:

        async def calls(number: int) -> None:
            for _ in range(number):
                reply = await upstream.send(call)
                async for _chunk in reply.chunks():
                    pass
                await reply.aclose()

        async def all_calls(number: int) -> None:
            await asyncio.gather(*(calls(number) for _ in range(in_flight)))

        await all_calls(2)
        before = time.process_time()
        await all_calls(count // in_flight)
        return (time.process_time() - before) / (count // in_flight * in_flight) * 1e6


def compare(port: int, case: Case) -> list[float]:
    """The best of three rounds: ours on uvloop, ours on the default loop, httpx on uvloop."""
    path, size, in_flight, fast, slow = case
    call = Call("POST", f"http://127.0.0.1:{port}{path}", {"content-type": "application/json"}, b"x" * size)
    entrants = (
        (Http1Upstream, uvloop.new_event_loop, fast),
        (Http1Upstream, asyncio.new_event_loop, fast),
        (HttpxUpstream, uvloop.new_event_loop, slow),
    )
    best = [float("inf")] * len(entrants)
    for _ in range(3):
        for at, (make, loop, count) in enumerate(entrants):
            with asyncio.Runner(loop_factory=loop) as runner:
                best[at] = min(best[at], runner.run(cost(make, call, in_flight, count)))
    return best


def main() -> None:
    ends_with_sigterm()
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=run_server, args=(theirs,), daemon=True)
    server.start()
    port = ours.recv()
    print(f"{'µs of CPU for a call':28} {'http1':>8} {'asyncio':>8} {'httpx':>8} {'ratio':>6}")
    for name, case in CASES.items():
        fast, default, slow = compare(port, case)
        print(f"{name:28} {fast:8.1f} {default:8.1f} {slow:8.1f} {slow / fast:6.1f}")
    server.terminate()


if __name__ == "__main__":
    main()
