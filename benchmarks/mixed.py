"""A small load of everything: `python -m benchmarks.mixed URL [PACE]`, for `benchmarks.memory`.

Whole answers and streams, passed through and converted, of a real upstream and of a scripted one; upstreams
that die in the middle of a stream, clients that leave in the middle of one, models that come and go. Prints
one line for each answer, as `benchmarks.steady` does, and ends with its standard input; then how many of
which kind there were.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import uvloop

from benchmarks.large_site import KEY
from engine.bench.bodies import PATH, body
from engine.bench.order import Order

CONNECTIONS = 8
PACE = 0.1
ROUTES = ("same", "messages", "contents")
GUEST = "guest"
USUAL = Order()


@dataclass(frozen=True, slots=True)
class Kind:
    """One sort of request. `leaves`: the client goes away after the first bytes of the body."""

    name: str
    model: str
    stream: bool = False
    size: str = "1 kB"
    order: Order = USUAL
    leaves: bool = False

    def request(self, host: str) -> bytes:
        sent = body(self.size, self.model, self.order, stream=self.stream)
        head = (
            f"POST {PATH} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {KEY}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(sent)}\r\n\r\n"
        )
        return head.encode() + sent


def kinds() -> list[Kind]:
    slowly = Order(events=40, pause=0.02)
    dying = Order(events=40, pause=0.005, dies=9)
    found = [Kind("scripted", "steady"), Kind("left, scripted", "slow", stream=True, leaves=True)]
    for model in ROUTES:
        found += [
            Kind("whole", model),
            Kind("streamed", model, stream=True),
            Kind("large", model, size="30 kB"),
            Kind("died", model, stream=True, order=dying),
            Kind("left", model, stream=True, order=slowly, leaves=True),
            Kind("whole", model),
        ]
    return [*found, Kind(GUEST, GUEST), Kind(GUEST, GUEST, stream=True)]


class Tally(Counter[tuple[str, str]]):
    """How many answers there were of each kind and status; `broken` are those that ended too early."""

    def __str__(self) -> str:
        return "\n".join(f"{number:8} {kind}: {status}" for (kind, status), number in sorted(self.items()))


class Caller:
    """One client and its connection, which is opened again when it was closed."""

    def __init__(self, host: str, port: int, tally: Tally) -> None:
        self._host, self._port, self._tally = host, port, tally
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, kind: Kind) -> None:
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port)
        reader, writer = self._streams
        began = time.monotonic()
        try:
            writer.write(kind.request(f"{self._host}:{self._port}"))
            head = await reader.readuntil(b"\r\n\r\n")
            await _read(reader, head, kind)
        except (asyncio.IncompleteReadError, ConnectionError):
            self._tally[kind.name, "broken"] += 1
            self._close(writer)
            return
        if kind.leaves:
            self._close(writer)
        self._tally[kind.name, head[9:12].decode()] += 1
        sys.stdout.write(f"{began} {time.monotonic() - began} -\n")

    def _close(self, writer: asyncio.StreamWriter) -> None:
        writer.close()
        self._streams = None


async def _read(reader: asyncio.StreamReader, head: bytes, kind: Kind) -> None:
    lower = head.lower()
    if b"chunked" not in lower:
        _, _, after = lower.partition(b"content-length: ")
        await reader.readexactly(int(after[: after.index(b"\r\n")]))
    elif kind.leaves:
        await reader.readuntil(b"\n\n")
    else:
        await reader.readuntil(b"\r\n0\r\n\r\n")


async def call(caller: Caller, asked: Sequence[Kind], pace: float, first: int) -> None:
    await asyncio.sleep(first * pace / CONNECTIONS)
    for number in itertools.count(first):
        began = time.monotonic()
        await caller.ask(asked[number % len(asked)])
        await asyncio.sleep(began + pace - time.monotonic())


async def load(host: str, port: int, pace: float, tally: Tally) -> None:
    callers = [
        asyncio.ensure_future(call(Caller(host, port, tally), kinds(), pace, number))
        for number in range(CONNECTIONS)
    ]
    over = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await asyncio.wait([over, *callers], return_when=asyncio.FIRST_COMPLETED)
    for caller in callers:
        if caller.done():
            caller.result()
        caller.cancel()


def main() -> None:
    url = urlsplit(sys.argv[1])
    pace = float(sys.argv[2]) if len(sys.argv) > 2 else PACE
    tally = Tally()
    uvloop.run(load(url.hostname or "127.0.0.1", url.port or 80, pace, tally))
    print(tally, file=sys.stderr)


if __name__ == "__main__":
    main()
