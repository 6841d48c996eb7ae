"""A worker's way to the database: it asks the clerk, in lines of JSON over a socket in the run directory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import orjson

from engine.errors import EngineUnavailable, RequestRefused

SOCKET = "clerk"
AWAY = "storage_away"
ANSWERS_WITHIN = 15.0
LONGEST = 16 * 2**20


class ClerkClient:
    """Verbs are listed in `storage/verbs.py`. `answered` is called before an answer is given.

    A worker looks at the published tables then: what was changed here is seen here at once, elsewhere a
    moment later.
    """

    def __init__(
        self, run_dir: Path, within: float = ANSWERS_WITHIN, answered: Callable[[], None] = lambda: None
    ) -> None:
        self._path = run_dir / SOCKET
        self._within = within
        self._answered = answered

    async def ask(self, verb: str, args: Mapping[str, Any] | None = None) -> Any:
        """What the verb gives. Raises `RequestRefused` for what the caller did wrong, and `EngineUnavailable`
        when the clerk or its database is away."""
        try:
            async with asyncio.timeout(self._within):
                told = await self._exchange({"verb": verb, "args": args or {}})
        except (OSError, TimeoutError, ValueError) as exc:
            message = "the database cannot be asked now: it is off, starting or away"
            raise EngineUnavailable(message, code=AWAY, retry_after=1.0) from exc
        error = told.get("error")
        if error is None:
            self._answered()
            return told["ok"]
        if error["code"] == AWAY:
            raise EngineUnavailable(error["message"], code=AWAY, retry_after=1.0)
        raise RequestRefused(error["message"], code=error["code"], status=error["status"])

    async def _exchange(self, question: Any) -> Any:
        reader, writer = await asyncio.open_unix_connection(self._path, limit=LONGEST)
        try:
            writer.write(orjson.dumps(question) + b"\n")
            return orjson.loads(await reader.readline())
        finally:
            writer.close()
