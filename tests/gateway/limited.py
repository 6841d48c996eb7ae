"""Dialogues with limits: the playbook, with counters that really count, on the same time."""

from __future__ import annotations

import asyncio
from typing import Any

from engine.adapters.counters import LocalCounters
from engine.gateway.answer import Answer
from engine.gateway.gateway import Gateway
from engine.snapshot.model import Client
from tests.gateway.playbook import Game, Heard, Line, inbound

TEXT: dict[str, Any] = {"text": "hi", "finish": "stop"}


class Limited(Game):
    def __init__(self, text: str, **options: Any) -> None:
        super().__init__(text, **options)
        world: Any = self.world
        self.counters = LocalCounters(now=self.world.now)
        self.gateway = Gateway(self.upstream, world, world, self.counters, world)

    def by(self, name: str) -> Client:
        return next(each for each in self.snapshot.clients if each.name == name)

    def tries(
        self, times: int, model: str, line: Line, client: Client | None = None, **body: Any
    ) -> list[int]:
        """The statuses of so many requests, one after the other; the upstream would answer all."""
        statuses = []
        for _ in range(times):
            self.upstream.script = [line]
            statuses.append(self.run(self.hear(inbound(model, None, **body), client)).status)
        return statuses

    async def begin(self, model: str, client: Client | None = None, **body: Any) -> Answer:
        return await self.gateway.chat(self.snapshot, "openai-chat", inbound(model, None, **body), client)

    def at_once(
        self, times: int, model: str, *script: Line, client: Client | None = None, **body: Any
    ) -> list[Heard]:
        """What so many requests hear that come together."""
        self.upstream.script = list(script)

        async def play() -> list[Heard]:
            return await asyncio.gather(
                *(self.hear(inbound(model, None, **body), client) for _ in range(times))
            )

        return self.run(play())
