"""The database of a test: in memory, with what the test says is in it. Opened when something asks for it."""

from __future__ import annotations

import importlib
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from engine.adapters.profiles import profile_verbs
from engine.adapters.safe import Safe
from engine.errors import RequestRefused
from engine.spec.settings import Settings
from engine.testing.world import NOW

URL = "sqlite:///:memory:"
# What need not be said of each verb.
SAID = {"owner": "", "at": NOW, "now": NOW, "who": "test"}


class Stored:
    """The clerk of a test. `verbs`: what a server does before the clerk is asked."""

    def __init__(self, first: Sequence[Mapping[str, Any]], settings: Settings) -> None:
        self._first = first
        self._open = AsyncExitStack()
        self._database: Any = None
        place = Path(self._open.enter_context(tempfile.TemporaryDirectory()))
        self.verbs: dict[str, Callable[[Mapping[str, Any]], Awaitable[Any]]] = profile_verbs(
            Safe(("the key of all tests",), place), self.ask, settings.allow_addresses
        )

    async def ask(self, verb: str, args: Mapping[str, Any]) -> Any:
        """Raises `RequestRefused`."""
        if self._database is None:
            await self._prepare()
        return await self._do(verb, args)

    async def _prepare(self) -> None:
        # Imported for those tests that need it: it is half of what there is to import.
        self._storage = importlib.import_module("engine.storage.database")
        self._known = importlib.import_module("engine.storage.verbs").VERBS
        tables = importlib.import_module("engine.storage.tables").METADATA
        self._database = self._storage.open_database(URL)
        self._open.push_async_callback(self._database.aclose)
        async with self._database.begin() as connection:
            await connection.run_sync(tables.create_all)
        for said in self._first:
            for verb, args in said.items():
                own = self.verbs.get(verb)
                await (own({**SAID, **args}) if own else self._do(verb, {**SAID, **args}))

    async def _do(self, verb: str, args: Mapping[str, Any]) -> Any:
        known = self._known.get(verb)
        if known is None:
            raise RequestRefused(f"the database has no verb {verb!r}", code="unknown_verb")
        try:
            return await known(self._database, args)
        except self._storage.Refused as refused:
            raise RequestRefused(str(refused), code=refused.code, status=refused.status) from refused
        except (KeyError, TypeError) as missing:
            raise RequestRefused(f"{verb}: bad arguments: {missing!r}", code="bad_arguments") from missing

    async def aclose(self) -> None:
        await self._open.aclose()
