"""A raw HTTP/1.1 upstream for end-to-end tests: it answers what it is told, byte for byte.

It runs in a thread with an event loop of its own, so that a subprocess of the engine can call it.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Answer:
    """`pieces` are written one by one; a number in them is a pause in seconds, `None` drops the line."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    pieces: Iterable[bytes | float | None] = ()
    length: int | None = None
    raw: bool = False


def json_answer(value: Any, status: int = 200, **headers: str) -> Answer:
    body = json.dumps(value).encode()
    named = {key.replace("_", "-"): text for key, text in headers.items()}
    return Answer(status, {"content-type": "application/json", **named}, [body], len(body))


def sse_answer(*frames: Any, end: bool = True, pieces: Iterable[bytes | float | None] = ()) -> Answer:
    parts: list[bytes | float | None] = [f"data: {json.dumps(frame)}\n\n".encode() for frame in frames]
    parts += [b"data: [DONE]\n\n"] if end else []
    return Answer(200, {"content-type": "text/event-stream"}, [*parts, *pieces])


Handler = Callable[[Request], Answer]


class TestUpstream:
    """Start it, point a provider at `.url`; `.requests` holds what came, `.closed` counts lost clients."""

    __test__ = False

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.requests: list[Request] = []
        self.closed = 0
        self.url = ""
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> TestUpstream:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self._ready.set()
        self._loop.run_forever()
        server.close()
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async for request in _requests(reader):
                self.requests.append(request)
                if not await self._answer(self.handler(request), writer):
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            self.closed += 1
        finally:
            writer.transport.abort()

    async def _answer(self, answer: Answer, writer: asyncio.StreamWriter) -> bool:
        chunked = answer.length is None and not answer.raw
        if not answer.raw:
            framing = {"transfer-encoding": "chunked"} if chunked else {"content-length": str(answer.length)}
            lines = [
                f"HTTP/1.1 {answer.status} X",
                *(f"{k}: {v}" for k, v in {**answer.headers, **framing}.items()),
            ]
            writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        for piece in answer.pieces:
            if piece is None:
                await writer.drain()
                writer.transport.abort()
                return False
            if isinstance(piece, bytes):
                writer.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n" if chunked else piece)
                await writer.drain()
            else:
                await asyncio.sleep(piece)
            if writer.transport.is_closing():
                raise ConnectionResetError
        if chunked:
            writer.write(b"0\r\n\r\n")
        await writer.drain()
        return not answer.raw


async def _requests(reader: asyncio.StreamReader) -> AsyncIterator[Request]:
    while True:
        line = await reader.readline()
        if not line:
            return
        method, path, _ = line.decode().split(" ", 2)
        headers: dict[str, str] = {}
        while (line := await reader.readline()) not in (b"\r\n", b""):
            name, _, value = line.decode().partition(":")
            headers[name.strip().lower()] = value.strip()
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        yield Request(method, path, headers, body)
