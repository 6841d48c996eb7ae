"""The upstream of the suite: `python -m engine.bench.upstream PORT`.

As little as can answer: a protocol on uvloop and httptools that knows the wire formats of
`site/formats.yaml`, whole and streamed. What it answers is ordered in the request (`order.py`).
"""

from __future__ import annotations

import asyncio
import gc
import sys
from collections import deque
from functools import lru_cache
from typing import cast

import httptools
import uvloop

from engine.bench.formats import Format, Stream, format_of
from engine.bench.order import Order, order_of

BACKLOG = 4096
# So many events at once, then others have their turn.
BATCH = 32

WHOLE = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
STREAMED = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
UNKNOWN = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"
LAST_CHUNK = b"0\r\n\r\n"


@lru_cache(maxsize=64)
def whole(format: Format, order: Order) -> bytes:
    body = format.answer(order)
    return WHOLE % len(body) + body


@lru_cache(maxsize=64)
def streamed(format: Format, order: Order) -> Stream:
    """The pieces of a chunked answer, each event in a chunk of its own."""
    parts = format.stream(order)
    begin = STREAMED + (chunk(parts.begin) if parts.begin else b"")
    return Stream(begin, tuple(map(chunk, parts.events)), chunk(parts.end) + LAST_CHUNK)


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


class Session(asyncio.Protocol):
    """One connection. Requests that come while an answer is written wait for their turn."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        self._parser = httptools.HttpRequestParser(self)
        self._path = b""
        self._body: list[bytes] = []
        self._waiting: deque[tuple[str, bytes]] = deque()
        self._answer: Answer | None = None
        self._readable = True

    # From the socket

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's are no subclass

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer:
            self._answer.stop()
        self._waiting.clear()

    def pause_writing(self) -> None:
        self._readable = False

    def resume_writing(self) -> None:
        self._readable = True
        if self._answer:
            self._answer.go_on()

    # From the parser

    def on_message_begin(self) -> None:
        self._path = b""
        self._body.clear()

    def on_url(self, url: bytes) -> None:
        self._path += url

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        self._waiting.append((self._path.decode("latin-1"), b"".join(self._body)))
        self._body.clear()
        self.next()

    # To the client

    @property
    def writable(self) -> bool:
        return self._readable and not self.transport.is_closing()

    def next(self) -> None:
        """Answer the next request, if no answer is being written."""
        while self._waiting and self._answer is None and not self.transport.is_closing():
            path, body = self._waiting.popleft()
            format = format_of(path)
            if format is None:
                self.transport.write(UNKNOWN)
            elif wants_stream(path, body):
                order = order_of(body)
                self._answer = Answer(self, streamed(format, order), order)
                self._answer.begin()
            else:
                self.transport.write(whole(format, order_of(body)))

    def answered(self) -> None:
        self._answer = None
        self.next()


class Answer:
    """A stream on its way, no faster than it is read."""

    def __init__(self, session: Session, parts: Stream, order: Order) -> None:
        self._session = session
        self._parts = parts
        self._order = order
        self._sent = 0
        self._timer: asyncio.Handle | None = None

    def begin(self) -> None:
        self._session.transport.write(self._parts.begin)
        self.go_on()

    def go_on(self) -> None:
        if self._timer is None:
            self._step()

    def stop(self) -> None:
        if self._timer:
            self._timer.cancel()

    def _step(self) -> None:
        self._timer = None
        order, events, transport = self._order, self._parts.events, self._session.transport
        for _ in range(1 if order.pause else BATCH):
            if not self._session.writable:
                return
            if order.dies and self._sent >= order.dies:
                transport.abort()
                return
            if self._sent >= order.events:
                transport.write(self._parts.end)
                self._session.answered()
                return
            transport.write(events[self._sent % len(events)])
            self._sent += 1
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(order.pause, self._step) if order.pause else loop.call_soon(self._step)


def wants_stream(path: str, body: bytes) -> bool:
    """By its path or by its body, whose JSON may be spaced or not."""
    return ":stream" in path or b'"stream":true' in body or b'"stream": true' in body


async def serve(port: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Session, "127.0.0.1", port, backlog=BACKLOG)
    gc.freeze()
    await server.serve_forever()


def main(arguments: list[str]) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(int(arguments[0])))


if __name__ == "__main__":
    main(sys.argv[1:])
