"""What one task tells another, piece by piece. Who gives waits until it was taken."""

from __future__ import annotations

import asyncio
from collections import deque


class Pipe:
    """One writer, one reader. `gone`: nobody reads any more; then what is put is dropped."""

    def __init__(self) -> None:
        self.gone = False
        self._pieces: deque[bytes] = deque()
        self._ended = False
        self._wanted: asyncio.Future[None] | None = None
        self._room: asyncio.Future[None] | None = None

    async def put(self, piece: bytes) -> None:
        """Returns once the reader has taken all."""
        if self.gone or not piece:
            return
        self._pieces.append(piece)
        _wake(self._wanted)
        self._room = asyncio.get_running_loop().create_future()
        await self._room

    def end(self) -> None:
        """Nothing more will come."""
        self._ended = True
        _wake(self._wanted)

    def leave(self) -> None:
        """The reader leaves."""
        self.gone = True
        self._pieces.clear()
        _wake(self._room)

    async def get(self) -> bytes | None:
        """All that was put; None at the end."""
        while not self._pieces:
            _wake(self._room)
            if self._ended:
                return None
            self._wanted = asyncio.get_running_loop().create_future()
            await self._wanted
        piece = b"".join(self._pieces)
        self._pieces.clear()
        return piece


def _wake(waiting: asyncio.Future[None] | None) -> None:
    if waiting is not None and not waiting.done():
        waiting.set_result(None)
