"""A body that is passed on while it arrives: what waits is bounded, and its client must wait then."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Protocol

from engine.errors import EngineUnavailable
from engine.server.http1.body import ChunkedBody, SizedBody

# Bytes that wait to be taken: above, the client is not read from, until half of them are gone.
AHEAD = 256 * 1024


class Line(Protocol):
    """The connection."""

    def hold(self) -> None: ...
    def read_on(self) -> None: ...


class Upload:
    """Implements `events.Upload`. `held`: its client waits until somebody takes some of it."""

    def __init__(self, line: Line, body: SizedBody | ChunkedBody, length: int | None) -> None:
        self.length = length
        self.held = False
        self._line = line
        self._body = body
        self._pieces: deque[bytes] = deque()
        self._waiting = 0
        self._complete = self._lost = False
        self._news: asyncio.Future[None] | None = None

    # What the connection tells

    def feed(self, data: bytes) -> bytes | None:
        """What follows the body, None until it is complete. Raises `EngineError` for what is none."""
        rest = self._body.feed(data)
        piece = self._body.taken()
        if piece:
            self._pieces.append(piece)
            self._waiting += len(piece)
        self._complete = rest is not None
        if not self._complete and self._waiting > AHEAD and not self.held:
            self.held = True
            self._line.hold()
        self._tell()
        return rest

    def lost(self) -> None:
        """There will be no more of it."""
        self._lost = not self._complete
        self._tell()

    # What its reader asks for

    def __aiter__(self) -> Upload:
        return self

    async def __anext__(self) -> bytes:
        """Raises `EngineUnavailable` when the client broke off: half a body must not look whole."""
        while not self._pieces:
            if self._lost:
                raise EngineUnavailable("the client broke its upload off", code="upload_lost")
            if self._complete:
                raise StopAsyncIteration
            self._news = asyncio.get_running_loop().create_future()
            await self._news
        piece = self._pieces.popleft()
        self._waiting -= len(piece)
        if self.held and self._waiting <= AHEAD // 2:
            self.held = False
            self._line.read_on()
        return piece

    def _tell(self) -> None:
        news, self._news = self._news, None
        if news is not None and not news.done():
            news.set_result(None)
