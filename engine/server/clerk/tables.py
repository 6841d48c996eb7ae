"""A worker's side of published tables: tells those who use one when it has changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from engine.server.board import Board, Stamp

LOOK_EVERY = 0.2

Changed = Callable[[Any], None]


class Tables:
    """`follow` first, then `look` or `run`."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._followed: dict[str, list[Changed]] = {}
        self._seen: dict[str, Stamp] = {}

    def follow(self, name: str, changed: Changed) -> None:
        """`changed(rows)` is called for what is there, and for every later version."""
        self._followed.setdefault(name, []).append(changed)

    def look(self) -> None:
        """Tell of what has changed since the last look. Costs one `stat` a table."""
        for name, told in self._followed.items():
            at = self._board.table_at(name)
            if at is None or at == self._seen.get(name):
                continue
            rows = self._board.table(name)
            if rows is None:
                continue
            self._seen[name] = at
            for changed in told:
                changed(rows)

    async def run(self) -> None:
        while True:
            self.look()
            await asyncio.sleep(LOOK_EVERY)
