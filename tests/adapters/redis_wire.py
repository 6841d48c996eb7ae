"""A wire to Redis that a test can cut, or hold, and mend again."""

from __future__ import annotations

import asyncio
from types import TracebackType
from urllib.parse import urlsplit


class Wire:
    """`async with Wire(url) as wire`: `wire.url` leads to the same Redis."""

    def __init__(self, url: str) -> None:
        self._to = urlsplit(url)
        self._server: asyncio.Server | None = None
        self._port = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._open = asyncio.Event()
        self._open.set()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self._port}{self._to.path}#{self._to.fragment}"

    async def __aenter__(self) -> Wire:
        await self.mend()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.cut()

    async def cut(self) -> None:
        """Nobody is reached any more."""
        assert self._server is not None
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def hold(self) -> None:
        """What is said arrives no more, and nobody notices."""
        self._open.clear()

    async def mend(self) -> None:
        self._open.set()
        if self._server is None or not self._server.is_serving():
            self._server = await asyncio.start_server(self._connect, "127.0.0.1", self._port)
            self._port = self._server.sockets[0].getsockname()[1]

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            there, back = await asyncio.open_connection(self._to.hostname, self._to.port)
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._carry(reader, back))
                    group.create_task(self._carry(there, writer))
            finally:
                back.close()
        except (asyncio.CancelledError, ExceptionGroup, OSError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            await self._open.wait()
            writer.write(data)
            await writer.drain()
        raise ConnectionResetError
