"""One connection to Redis. Calls of a script go out together: what came while others were on their way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from redis.asyncio import Redis
from redis.exceptions import NoScriptError, RedisError

from engine.adapters.redis_script import Call

# Seconds. A request waits no longer for Redis than this, once, and then counts on its machine.
CONNECT, ANSWER = 0.3, 0.5
MOST = 64


class Errand(NamedTuple):
    call: Call
    done: Callable[[Sequence[Any] | None], None]
    """Told of the answer, in the order of the calls; None: there is none."""


class RedisLine:
    """`send` gives an errand to it. After a failure nothing is sent until `open` succeeds."""

    def __init__(self, url: str, script: str) -> None:
        self._client = client(url)
        self._script = script
        self._digest = ""
        self._waiting: list[Errand] = []
        self._sender: asyncio.Task[None] | None = None
        self.away: str | None = "not connected yet"

    @property
    def idle(self) -> bool:
        """Nothing waits, and everything that was sent has been answered."""
        return not self._waiting and (self._sender is None or self._sender.done())

    async def open(self, first: Call) -> None:
        """Connect, or again, and make a first call, which shows whether Redis can be written to."""
        keys, args = first
        try:
            async with asyncio.timeout(CONNECT + ANSWER):
                self._digest = await self._client.script_load(self._script)
                await self._client.evalsha(self._digest, len(keys), *keys, *args)
        except (RedisError, OSError, TimeoutError) as exc:
            await self._gone(exc)
        else:
            self.away = None

    def send(self, call: Call, done: Callable[[Sequence[Any] | None], None]) -> None:
        if self.away is not None:
            done(None)
            return
        self._waiting.append(Errand(call, done))
        if self._sender is None or self._sender.done():
            self._sender = asyncio.get_running_loop().create_task(self._send())

    async def drained(self) -> None:
        """Until nothing waits."""
        if self._sender is not None:
            await asyncio.gather(self._sender, return_exceptions=True)

    async def aclose(self) -> None:
        await self.drained()
        await self._client.aclose()

    async def _send(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            answers = await self._answers(batch)
            for errand, answer in zip(batch, answers, strict=True):
                errand.done(answer)

    async def _answers(self, batch: Sequence[Errand]) -> Sequence[Sequence[Any] | None]:
        if self.away is not None:
            return [None] * len(batch)
        try:
            async with asyncio.timeout(ANSWER):
                return await self._asked(batch)
        except (RedisError, OSError, TimeoutError) as exc:
            await self._gone(exc)
            return [None] * len(batch)

    async def _gone(self, exc: BaseException) -> None:
        self.away = str(exc).splitlines()[0][:200] if str(exc) else "no answer in time"
        with suppress(RedisError, OSError):
            await self._client.connection_pool.disconnect()

    async def _asked(self, batch: Sequence[Errand]) -> Sequence[Sequence[Any]]:
        answers = await self._piped(batch)
        if any(isinstance(answer, NoScriptError) for answer in answers):
            # Redis was started anew: none of the batch has been done.
            self._digest = await self._client.script_load(self._script)
            answers = await self._piped(batch)
        failed = next((answer for answer in answers if isinstance(answer, Exception)), None)
        if failed is not None:
            raise failed
        return answers

    async def _piped(self, batch: Sequence[Errand]) -> list[Any]:
        pipe = self._client.pipeline(transaction=False)
        for errand in batch:
            keys, args = errand.call
            pipe.evalsha(self._digest, len(keys), *keys, *args)
        return list(await pipe.execute(raise_on_error=False))


def client(url: str) -> Redis:
    """With short timeouts, and without tries of its own."""
    return Redis.from_url(url, socket_connect_timeout=CONNECT, socket_timeout=ANSWER, retry=None)
