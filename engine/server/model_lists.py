"""The platforms' own lists of models: fetched now and then by the leading worker, published to all.

Nothing here waits in the way of a request; a list that cannot be fetched stays as it was.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace

from engine.errors import EngineError
from engine.gateway.model_lists import Lists, fetch_list, listed_names
from engine.gateway.outside import Outside
from engine.server.board import Board
from engine.server.clerk.tables import Tables
from engine.snapshot.model import Provider, Snapshot

TABLE = "models"

FRESH = 3600.0
AGAIN = 60.0
LOOK_EVERY = 1.0


class ModelLists:
    """Of one worker. `learn` takes what is published; `run` fetches, while `led` gives a snapshot."""

    def __init__(self, outside: Outside, board: Board, use: Callable[[], None], tables: Tables) -> None:
        """`use` is called when the lists are others than before."""
        tables.follow(TABLE, self.learn)
        self.lists: Lists = {}
        self._outside = outside
        self._board = board
        self._use = use
        self._due: dict[tuple[str, str], float] = {}

    def added(self, snapshot: Snapshot) -> Snapshot:
        """The snapshot with what is listed now; requests under way keep the one that they have."""
        listed = listed_names(snapshot, self.lists)
        return snapshot if listed == snapshot.listed else replace(snapshot, listed=listed)

    def learn(self, rows: Lists) -> None:
        if rows != self.lists:
            self.lists = rows
            self._use()

    async def run(self, led: Callable[[], Snapshot | None]) -> None:
        """For ever."""
        while True:
            snapshot = led()
            if snapshot is not None:
                await self.look(snapshot)
            await self._outside.clock.sleep(LOOK_EVERY)

    async def look(self, snapshot: Snapshot) -> None:
        """Fetch what is due, and publish."""
        wanted = [each for each in snapshot.providers.values() if each.list_models and each.off is None]
        now = self._outside.clock.monotonic()
        due = [provider for provider in wanted if self._due.get(_key(provider), 0.0) <= now]
        found = await asyncio.gather(*(self._fetch(provider) for provider in due))
        names = {provider.name for provider in wanted}
        lists = {name: list(models) for name, models in self.lists.items() if name in names}
        for provider, models in zip(due, found, strict=True):
            self._due[_key(provider)] = now + (FRESH if models is not None else AGAIN)
            if models is not None:
                lists[provider.name] = models
        if lists != self.lists:
            self._board.publish_table(TABLE, lists)
            self.learn(lists)

    async def _fetch(self, provider: Provider) -> list[str] | None:
        try:
            models = await fetch_list(self._outside, provider)
        except EngineError as failure:
            kept = len(self.lists.get(provider.name, ()))
            fields = {"provider": provider.name, "error": failure.info.message, "kept": kept}
            self._outside.telemetry.log("warning", "list of models", fields)
            return None
        fields = {"provider": provider.name, "models": len(models)}
        self._outside.telemetry.log("info", "list of models", fields)
        return models

    def told(self, snapshot: Snapshot | None) -> Iterable[dict[str, str]]:
        """For the operator: each listed name, and the alias that it belongs to."""
        return [{"name": name, "alias": alias.name} for name, alias in snapshot.listed] if snapshot else []


def _key(provider: Provider) -> tuple[str, str]:
    """Elsewhere another list may be had."""
    return provider.name, provider.base_url
