"""What only counters in Redis do: several machines, and Redis away; the contract has what all counters do."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from redis.asyncio import Redis

from engine.adapters.counters import LocalCounters
from engine.adapters.redis_counters import FALLBACK, RedisCounters
from engine.adapters.telemetry import SystemTelemetry
from engine.ports import AT_ONCE, Take
from tests.adapters.counting import had, tries
from tests.adapters.redis_wire import Wire

ONE = Take("place", 1, AT_ONCE)
MINUTE = Take("k", 100, 60.0)


class Machine:
    """One worker of one machine, and what it says."""

    def __init__(self, url: str) -> None:
        self.lines: list[str] = []
        self.telemetry = SystemTelemetry(write=self.lines.append)
        self.local = LocalCounters()
        self.counters = RedisCounters(url, self.local, self.telemetry)

    @property
    def fallback(self) -> float:
        return self.telemetry.gauge(FALLBACK, {}).value


@contextlib.asynccontextmanager
async def machines(url: str, count: int = 1) -> AsyncIterator[list[Machine]]:
    made = [Machine(url) for _ in range(count)]
    for each in made:
        await each.counters.beat()
    try:
        yield made
    finally:
        for each in made:
            await each.counters.aclose()


async def test_a_limit_is_exact_over_machines(redis_url: str) -> None:
    async with machines(redis_url, 2) as (one, other):
        ours = asyncio.gather(*(one.counters.take([MINUTE]) for _ in range(200)))
        theirs = asyncio.gather(*(other.counters.take([MINUTE]) for _ in range(200)))
        results = [*(await ours), *(await theirs)]
        assert [taken.refused for taken in results].count(None) == 100
        assert one.counters.state == "redis" and one.fallback == 0.0 and not one.lines


async def test_places_are_given_back_by_whoever_had_them(redis_url: str) -> None:
    async with machines(redis_url, 2) as (one, other):
        taken = await had(one.counters, [ONE])
        assert await tries(other.counters, 1, ONE) == 0
        one.counters.settle(taken, [1.0])
        while not await tries(other.counters, 1, ONE):
            pass
        assert await tries(one.counters, 1, ONE) == 0


async def test_a_take_that_nobody_waits_for_any_more_is_given_back(redis_url: str) -> None:
    async with machines(redis_url) as (one,):
        task = asyncio.ensure_future(one.counters.take([ONE, MINUTE._replace(amount=50.0)]))
        await asyncio.sleep(0)
        task.cancel()
        while await one.counters.used([ONE]) != [0.0]:
            pass
        # Requests of a window stay counted: they were made.
        assert await one.counters.used([MINUTE]) == [0.0]


async def test_nor_is_one_kept_whose_answer_comes_in_the_moment_of_its_end(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with machines(redis_url) as (one,):
        send = one.counters._line.send

        def crossing(call: Any, done: Callable[[Any], None]) -> None:
            def told(raw: Any) -> None:
                done(raw)
                task.cancel()

            send(call, told)

        with monkeypatch.context() as patched:
            patched.setattr(one.counters._line, "send", crossing)
            task = asyncio.ensure_future(one.counters.take([ONE]))
            await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()
        assert await one.counters.used([ONE]) == [0.0]


async def test_a_worker_that_is_not_heard_of_holds_nothing(redis_url: str) -> None:
    async with machines(redis_url, 2) as (one, other):
        await had(one.counters, [ONE])
        address, _, space = redis_url.partition("#")
        client = Redis.from_url(address)
        assert await client.delete(f"{{{space}}}:alive:{one.counters.worker}") == 1
        await client.aclose()
        assert await tries(other.counters, 1, ONE) == 1


async def test_what_is_counted_on_the_machine_alone(redis_url: str) -> None:
    async with machines(redis_url, 2) as (one, other):
        assert [one.counters.next("turn"), one.counters.next("turn"), other.counters.next("turn")] == [
            0,
            1,
            0,
        ]
        one.counters.begin("k")
        assert (one.counters.busy("k"), other.counters.busy("k")) == (1, 0)
        assert one.counters.count("c", 5.0) == other.counters.count("c", 5.0) == 1.0


async def test_marks_are_told_to_other_machines(redis_url: str) -> None:
    async with machines(redis_url, 2) as (one, other):
        one.counters.mark("g", "early", 9e9)
        running = [asyncio.ensure_future(each.counters.run()) for each in (one, other)]
        while "early" not in other.counters.marks("g"):
            await asyncio.sleep(0.005)
        one.counters.mark("g", "late", float("inf"))
        while "late" not in other.counters.marks("g"):
            await asyncio.sleep(0.005)
        assert other.counters.marks("g") == {"early": 9e9, "late": float("inf")}
        other.counters.clear("g", "early")
        while "early" in one.counters.marks("g"):
            await asyncio.sleep(0.005)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


@pytest.mark.parametrize("how", ["cut", "hold"])
async def test_while_redis_is_away_the_machine_counts(redis_url: str, how: str) -> None:
    async with Wire(redis_url) as wire, machines(wire.url) as (one,):
        counters = one.counters
        held = await had(counters, [ONE, MINUTE])
        await wire.cut() if how == "cut" else wire.hold()
        assert await tries(counters, 300, MINUTE) == 100
        assert counters.state.startswith("machine (redis: ")
        await counters.beat()
        await counters.beat()
        assert one.fallback == 1.0 and [line.count("redis is away") for line in one.lines] == [1]
        counters.settle(held, [1.0, 1.0])
        on_machine = await had(counters, [ONE])
        await wire.mend()
        while counters.state != "redis":
            await counters.beat()
        assert one.fallback == 0.0 and "through redis again" in one.lines[-1] and len(one.lines) == 2
        places, requests = await counters.used([ONE, MINUTE])
        # What was on its way when Redis went away may have arrived after all.
        assert places == 0.0 and requests in (1.0, 2.0)
        counters.settle(on_machine, [1.0])
        assert one.local.busy("place") == 0


async def test_redis_is_away_from_the_beginning(redis_url: str) -> None:
    one = Machine("redis://127.0.0.1:1/0")
    await one.counters.beat()
    assert await tries(one.counters, 5, ONE) == 1
    assert one.fallback == 1.0 and len(one.lines) == 1
    await one.counters.aclose()


async def test_a_redis_that_was_started_anew_knows_the_script_again(redis_url: str) -> None:
    async with machines(redis_url) as (one,):
        one.counters._line._digest = "0" * 40
        assert await tries(one.counters, 101, MINUTE) == 100
        assert one.counters.state == "redis"
