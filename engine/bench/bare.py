"""The bare loop of the suite: `python -m engine.bench.bare PORT UPSTREAM`.

Hands answers of the upstream on and does nothing else: what an event costs when nobody looks at it. A
connection of its own for each client, uvloop and httptools on either side, each piece of a body in a chunk.
"""

from __future__ import annotations

import asyncio
import sys
from typing import cast

import httptools
import uvloop

from engine.bench.upstream import BACKLOG, LAST_CHUNK, STREAMED, chunk


class ToUpstream(asyncio.Protocol):
    """The other side of a client: what it reads, the client gets."""

    transport: asyncio.Transport

    def __init__(self, client: asyncio.Transport) -> None:
        self._client = client
        self._parser = httptools.HttpResponseParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's are no subclass

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._client.abort()

    # From the parser

    def on_headers_complete(self) -> None:
        self._client.write(STREAMED)

    def on_body(self, data: bytes) -> None:
        self._client.write(chunk(data))

    def on_message_complete(self) -> None:
        self._client.write(LAST_CHUNK)


class FromClient(asyncio.Protocol):
    """One client. Its requests go on as they are."""

    def __init__(self, upstream: int) -> None:
        self._upstream = upstream
        self._waiting: list[bytes] = []
        self._other: ToUpstream | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._opening = asyncio.get_running_loop().create_task(self._open(cast(asyncio.Transport, transport)))

    def data_received(self, data: bytes) -> None:
        if self._other is None:
            self._waiting.append(data)
        else:
            self._other.transport.write(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._other is not None:
            self._other.transport.abort()

    async def _open(self, client: asyncio.Transport) -> None:
        opening = asyncio.get_running_loop().create_connection(
            lambda: ToUpstream(client), "127.0.0.1", self._upstream
        )
        _, self._other = await opening
        self._other.transport.writelines(self._waiting)


async def serve(port: int, upstream: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: FromClient(upstream), "127.0.0.1", port, backlog=BACKLOG)
    await server.serve_forever()


def main(arguments: list[str]) -> None:
    port, upstream = map(int, arguments)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(port, upstream))


if __name__ == "__main__":
    main(sys.argv[1:])
