"""What the actions of a process have in common: verbs of its server, work in the background."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from engine.errors import EngineUnavailable
from engine.gateway.background import Background
from engine.ports import Telemetry

Verb = Callable[[Mapping[str, Any]], Awaitable[Any]]
Clerk = Callable[[str, Mapping[str, Any]], Awaitable[Any]]


class Office(Background):
    """`verbs` by name; any other verb is the clerk's, where there is one."""

    def __init__(self, telemetry: Telemetry) -> None:
        super().__init__(telemetry)
        self.verbs: dict[str, Verb] = {}
        self.clerk: Clerk | None = None

    def open(self, verbs: Mapping[str, Verb], clerk: Clerk) -> None:
        self.verbs |= verbs
        self.clerk = clerk

    async def do(self, verb: str, args: Mapping[str, Any]) -> Any:
        """Raises `EngineError`."""
        own = self.verbs.get(verb)
        if own is not None:
            return await own(args)
        if self.clerk is None:
            raise EngineUnavailable(f"nobody here can do {verb!r}", code="no_clerk")
        return await self.clerk(verb, args)
