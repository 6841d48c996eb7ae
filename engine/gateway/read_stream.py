"""A stream that is read as it comes: each piece of the upstream's gives the client some bytes, or none."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from engine.errors import ErrorInfo, UpstreamFailed
from engine.gateway.reading import Deadlines, Take

Write = Callable[[bytes], bool]
"""Writes to a client; whether the client is slow."""


class Pulled(Protocol):
    """What a stream needs of a `reading.Body`."""

    @property
    def deadlines(self) -> Deadlines: ...

    def next(self) -> Coroutine[Any, Any, bytes | None]: ...

    def pour(self, take: Take) -> Coroutine[Any, Any, None]: ...

    async def drain(self) -> None: ...

    async def aclose(self) -> None: ...


class ReadStream:
    """Most of a `source.Source`; what is left to say is how pieces are read.

    `progress`: the last piece has brought the answer on. `ended`: nothing that may follow is of interest.
    """

    __slots__ = ("_body", "complete", "ended", "progress")

    content_type: str | None = None

    def __init__(self, body: Pulled) -> None:
        self._body = body
        self.complete = self.ended = self.progress = False

    def read(self, chunk: bytes | None) -> bytes:
        """What a piece gives the client; None is the end. Raises `EngineError`."""
        raise NotImplementedError

    @property
    def error(self) -> ErrorInfo | None:
        """What it has ended with."""
        raise NotImplementedError

    async def next(self) -> bytes | None:
        body = self._body
        while not self.ended:
            if self.progress:
                body.deadlines.progressed()
            data = self.read(await body.next())
            if data:
                return data
        if (error := self.error) is not None:
            raise UpstreamFailed(error)
        await body.drain()
        return None

    async def pour(self, write: Write) -> bytes:
        """Write what comes as it comes, until the client is slow or `next` has to say more. Raises as `next`.

        Gives the bytes that it ends with, if it did: they are not written.
        """
        deadlines = self._body.deadlines
        last = b""

        def take(chunk: bytes) -> bool:
            nonlocal last
            data = self.read(chunk)
            if self.ended:
                last = data
                return False
            if data and write(data):
                return False
            if self.progress:
                deadlines.progressed()
            return True

        if self.progress:
            deadlines.progressed()
        await self._body.pour(take)
        return last

    async def aclose(self) -> None:
        await self._body.aclose()
