"""A stream on its way to the client: pulled by it, told about once, closed with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol

from engine.errors import EngineError, ErrorInfo
from engine.gateway.read_stream import Write
from engine.gateway.source import Source


class Ended(Protocol):
    """Told once how a stream ended; gives an error back as the client may see it."""

    def __call__(self, error: ErrorInfo | None, *, gone: bool) -> ErrorInfo | None:
        """`error` broke the stream · `gone`: the client left before its end."""
        ...


class ClientStream(AsyncIterator[bytes]):
    """Gives `first`, then what `source` gives. A failure becomes the last bytes; nothing follows them.

    The end is told before the last bytes are given: what a client has whole is on record, whatever happens
    to this process then. `aclose` stops the upstream at once. It may be called at any time, and again.
    """

    def __init__(self, first: bytes, source: Source, ended: Ended) -> None:
        self._waiting: bytes | None = first
        self._source = source
        self._ended: Ended | None = ended
        self._over = False

    def __aiter__(self) -> ClientStream:
        return self

    async def __anext__(self) -> bytes:
        source = self._source
        if self._waiting is not None:
            data, self._waiting = self._waiting, None
            if source.complete:
                self._tell(None, gone=False)
            return data
        if self._over:
            raise StopAsyncIteration
        try:
            following = await source.next()
        except EngineError as failure:
            following = await self._break_off(failure.info)
            if not following:
                raise StopAsyncIteration from None
            return following
        except asyncio.CancelledError:
            await self.aclose()
            raise
        if following is None:
            await self._finish(None, gone=False)
            raise StopAsyncIteration
        if source.complete:
            self._tell(None, gone=False)
        return following

    async def pour(self, write: Write) -> None:
        """Write what comes when it comes: no task is woken up for it.

        Done when `write` says that the client is slow, and when there is more to tell: `__anext__` does.
        """
        if self._waiting is not None or self._over:
            return
        try:
            last = await self._source.pour(write)
        except EngineError as failure:
            last = await self._break_off(failure.info)
        except asyncio.CancelledError:
            await self.aclose()
            raise
        self._waiting = last or None

    async def aclose(self) -> None:
        self._waiting = None
        await self._finish(None, gone=True)

    async def _break_off(self, error: ErrorInfo) -> bytes:
        shown = await self._finish(error, gone=False)
        return self._source.broken(shown or error)

    async def _finish(self, error: ErrorInfo | None, *, gone: bool) -> ErrorInfo | None:
        self._over = True
        shown = self._tell(error, gone=gone)
        await self._source.aclose()
        return shown

    def _tell(self, error: ErrorInfo | None, *, gone: bool) -> ErrorInfo | None:
        ended, self._ended = self._ended, None
        return ended(error, gone=gone) if ended else None
