"""Limits that several machines share, in Redis; while it is away, each machine counts for itself."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import orjson
from redis.exceptions import RedisError

from engine.adapters.redis_line import RedisLine, client
from engine.adapters.redis_script import Calls, result_of
from engine.adapters.telemetry import SystemTelemetry
from engine.ports import AT_ONCE, Counters, Take, Taken

FALLBACK = "proxyctl_counters_fallback"
SPACE = "proxyctl"
BEAT_EVERY, RETRY_EVERY = 1.5, 1.0


class Mark(int):
    """Where in Redis something was taken; a number of the machine's own counters is a plain one."""


class RedisCounters:
    """Implements `ports.Counters` over those of the machine, which keep what concerns it alone.

    `url` may end in `#space`: so several servers use one database without meeting each other. `run` must run
    beside it. `now` is for tests; by itself Redis's own clock counts for all.
    """

    def __init__(
        self, url: str, machine: Counters, telemetry: SystemTelemetry, now: Callable[[], float] | None = None
    ) -> None:
        self.machine = machine
        self._telemetry = telemetry
        address, _, space = url.partition("#")
        self._calls = Calls(space or SPACE, uuid.uuid4().hex, now)
        self._line = RedisLine(address, self._calls.script)
        self._listener = client(address)
        self.worker = self._calls.worker
        self._held: dict[Take, int] = {}
        self._told: str | None = None
        self.next, self.peek, self.marks = machine.next, machine.peek, machine.marks
        self.count, self.busy, self.begin, self.end = machine.count, machine.busy, machine.begin, machine.end

    # Marks

    def mark(self, group: str, name: str, until: float) -> None:
        known = self.machine.marks(group).get(name, 0.0)
        self.machine.mark(group, name, until)
        if until > known:
            self._line.send(self._calls.mark(group, name, until), _nothing)

    def clear(self, group: str, name: str) -> None:
        known = name in self.machine.marks(group)
        self.machine.clear(group, name)
        if known:
            self._line.send(self._calls.mark(group, name, 0.0), _nothing)

    def _heard(self, group: str, name: str, until: float) -> None:
        if until > 0:
            self.machine.mark(group, name, until)
        else:
            self.machine.clear(group, name)

    # Limits

    async def take(self, takes: Sequence[Take]) -> Taken:
        raw = await self._ask("take", takes)
        if raw is None:
            return await self.machine.take(takes)
        refused, wait, used, marks = result_of(raw)
        return Taken(takes, used, refused, wait, [Mark(mark) for mark in marks])

    async def used(self, takes: Sequence[Take]) -> Sequence[float]:
        raw = await self._ask("look", takes)
        return await self.machine.used(takes) if raw is None else result_of(raw).used

    async def _ask(self, mode: str, takes: Sequence[Take]) -> Sequence[Any] | None:
        if self._line.away is not None:
            return None
        answer: asyncio.Future[Sequence[Any] | None] = asyncio.get_running_loop().create_future()

        def taken(raw: Sequence[Any] | None) -> bool:
            return mode == "take" and raw is not None and raw[0] < 0

        def give_back(raw: Sequence[Any]) -> None:
            self._settle(takes, [0.0] * len(takes), raw[3])

        def done(raw: Sequence[Any] | None) -> None:
            """In the order of the calls, before anybody else goes on."""
            if raw is not None and taken(raw):
                self._hold(takes, 1)
                if answer.cancelled():
                    give_back(raw)
            if not answer.cancelled():
                answer.set_result(raw)

        self._line.send(self._calls.take(takes, mode), done)
        try:
            return await answer
        except asyncio.CancelledError:
            # The answer may have come before this task could go on.
            raw = None if answer.cancelled() else answer.result()
            if raw is not None and taken(raw):
                give_back(raw)
            raise

    def settle(self, taken: Taken, amounts: Sequence[float]) -> None:
        rows = list(zip(taken.takes, amounts, taken.marks, strict=True))
        ours = [row for row in rows if isinstance(row[2], Mark)]
        if ours:
            takes, spent, marks = zip(*ours, strict=True)
            self._settle(takes, spent, marks)
        if len(ours) < len(rows):
            takes, spent, marks = zip(*(row for row in rows if not isinstance(row[2], Mark)), strict=True)
            self.machine.settle(Taken(takes, (), marks=marks), spent)

    def _settle(self, takes: Sequence[Take], amounts: Sequence[float], marks: Sequence[int]) -> None:
        self._hold(takes, -1)
        more = [amount - take.amount for take, amount in zip(takes, amounts, strict=True)]
        self._line.send(self._calls.settle(takes, more, marks), _nothing)

    def _hold(self, takes: Sequence[Take], more: int) -> None:
        for take in takes:
            if take.window == AT_ONCE and take.since is None:
                self._held[take] = self._held.get(take, 0) + more

    # Life

    def tidy(self) -> None:
        self.machine.tidy()

    @property
    def state(self) -> str:
        """For people: where limits are counted now."""
        return "redis" if self._line.away is None else f"machine (redis: {self._line.away})"

    async def run(self) -> None:
        """Connect, stay connected, listen to the other machines."""
        listening = asyncio.ensure_future(self._listen())
        try:
            while True:
                await self.beat()
                await asyncio.sleep(BEAT_EVERY if self._line.away is None else RETRY_EVERY)
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    async def beat(self) -> None:
        """Tell that this worker lives; when Redis is back, what it holds."""
        if self._line.away is not None:
            await self._line.open(self._calls.beat(self._held))
        elif not self._line.idle:
            self._line.send(self._calls.beat({}), _nothing)
        else:
            # While nothing is on its way, it is known what is held: whatever went astray is put right.
            self._line.send(self._calls.beat(self._held), _nothing)
            self._held = {take: count for take, count in self._held.items() if count > 0}
        self._report()

    def _report(self) -> None:
        away = self._line.away
        self._telemetry.gauge(FALLBACK, {}).set(0.0 if away is None else 1.0)
        if (away is None) != (self._told is None):
            if away is None:
                self._telemetry.log("info", "limits are shared through redis again", {})
            else:
                fields = {"error": away}
                self._telemetry.log("warning", "redis is away: limits hold for this machine alone", fields)
        self._told = away

    async def _listen(self) -> None:
        while True:
            with suppress(RedisError, OSError, TimeoutError):
                await self._hear()
            await asyncio.sleep(RETRY_EVERY)

    async def _hear(self) -> None:
        async with self._listener.pubsub() as told:
            await told.subscribe(self._calls.channel)
            known: Any = await self._listener.zrange(self._calls.marks, 0, -1, withscores=True)
            for member, until in known:
                group, name = orjson.loads(member)
                self._heard(group, name, until)
            while True:
                message = await told.get_message(ignore_subscribe_messages=True, timeout=30.0)
                if message is not None:
                    origin, group, name, until = orjson.loads(message["data"])
                    if origin != self._calls.worker:
                        self._heard(group, name, float(until))

    async def aclose(self) -> None:
        await self._line.aclose()
        await self._listener.aclose()


def _nothing(answer: Sequence[Any] | None) -> None:
    """Nobody waits for this answer."""
