"""What all counters do, whatever they count in."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engine.adapters.counters import LocalCounters
from engine.adapters.redis_counters import RedisCounters
from engine.adapters.shared_counters import SharedCounters
from engine.adapters.telemetry import SystemTelemetry
from engine.ports import AT_ONCE, Counters, Take
from tests.adapters.counting import EPOCH, Time, had, tries

MINUTE = 60.0


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture(params=["local", "shared", "redis"])
async def counters(request: pytest.FixtureRequest, tmp_path: Path, time: Time) -> AsyncIterator[Counters]:
    if request.param == "local":
        yield LocalCounters(now=time)
    elif request.param == "shared":
        shared = SharedCounters(tmp_path / "counters", time)
        yield shared
        shared.close()
    else:
        url = request.getfixturevalue("redis_url")
        redis = RedisCounters(url, LocalCounters(now=time), SystemTelemetry(), time)
        await redis.beat()
        assert redis.state == "redis"
        yield redis
        await redis.aclose()


async def used(counters: Counters, take: Take) -> float:
    (found,) = await counters.used([take])
    return found


async def test_next_counts_each_key_from_zero(counters: Counters) -> None:
    assert [counters.next("a"), counters.next("a"), counters.next("b")] == [0, 1, 0]
    assert [counters.peek("a"), counters.peek("a"), counters.peek("c")] == [2, 2, 0]


async def test_a_later_mark_wins(counters: Counters) -> None:
    assert counters.marks("g") == {}
    counters.mark("g", "a", EPOCH + 20)
    counters.mark("g", "a", EPOCH + 10)
    counters.mark("g", "b", math.inf)
    counters.mark("h", "a", EPOCH + 7)
    assert counters.marks("g") == {"a": EPOCH + 20, "b": math.inf}
    assert counters.marks("h") == {"a": EPOCH + 7}


async def test_a_mark_can_be_taken_away(counters: Counters) -> None:
    counters.mark("g", "a", EPOCH + 20)
    counters.mark("g", "b", EPOCH + 20)
    assert len(counters.marks("g")) == 2
    counters.clear("g", "a")
    counters.clear("g", "nobody")
    assert counters.marks("g") == {"b": EPOCH + 20}
    counters.mark("g", "a", EPOCH + 5)
    assert counters.marks("g") == {"a": EPOCH + 5, "b": EPOCH + 20}


async def test_marks_of_long_and_strange_names(counters: Counters) -> None:
    names = ["x" * 500, "ä" * 100, "a/b c", ""]
    for name in names:
        counters.mark("g", name, EPOCH + 1)
    assert counters.marks("g") == dict.fromkeys(names, EPOCH + 1)
    for name in names:
        counters.clear("g", name)
    assert counters.marks("g") == {}


async def test_count_slides(counters: Counters, time: Time) -> None:
    assert counters.count("k", 30.0) == 1.0
    time.now += 20
    assert counters.count("k", 30.0, 2.5) == 3.5
    assert counters.count("other", 30.0, 0.0) == 0.0
    time.now += 10
    assert counters.count("k", 30.0, 0.0) == 2.5
    time.now += 20
    assert counters.count("k", 30.0) == 1.0


async def test_busy_is_what_began_and_has_not_ended(counters: Counters) -> None:
    counters.begin("k")
    counters.begin("k")
    assert (counters.busy("k"), counters.busy("other")) == (2, 0)
    counters.end("k")
    assert counters.busy("k") == 1
    counters.end("k")
    counters.end("k")
    counters.end("other")
    assert (counters.busy("k"), counters.busy("other")) == (0, 0)


async def test_exactly_as_many_as_the_limit(counters: Counters, time: Time) -> None:
    take = Take("k", 100, MINUTE)
    assert await tries(counters, 400, take) == 100
    time.now += 59.9
    refused = await counters.take([take])
    assert refused.refused == 0 and refused.used == [100.0]
    assert refused.wait == pytest.approx(0.1, abs=1e-5)
    time.now += 0.2
    assert await tries(counters, 400, take) == 100


async def test_a_burst_at_the_edge_does_not_double(counters: Counters, time: Time) -> None:
    take = Take("k", 100, MINUTE)
    assert await tries(counters, 1, take) == 1
    time.now += 59
    assert await tries(counters, 200, take) == 99
    time.now += 2
    assert await tries(counters, 200, take) == 1
    time.now += 57.5
    assert await tries(counters, 200, take) == 0


async def test_all_or_none(counters: Counters) -> None:
    wide, narrow = Take("wide", 10, MINUTE), Take("narrow", 1, AT_ONCE)
    first = await had(counters, [wide, narrow])
    assert list(first.used) == [1.0, 1.0]
    second = await counters.take([wide, narrow])
    assert (second.refused, list(second.used), second.wait) == (1, [2.0, 1.0], None)
    assert await used(counters, wide) == 1.0
    counters.settle(first, [1.0, 1.0])
    assert await used(counters, narrow) == 0
    assert await tries(counters, 3, wide, narrow) == 1


async def test_takes_of_one_key_twice_in_one_call_do_not_exceed_it(counters: Counters) -> None:
    assert await tries(counters, 5, Take("a", 4, MINUTE), Take("b", 2, MINUTE)) == 2
    assert await used(counters, Take("a", 4, MINUTE)) == 2.0


async def test_what_was_not_used_comes_back_where_it_was_taken(counters: Counters, time: Time) -> None:
    first = await had(counters, [Take("k", 1000, MINUTE, 900.0)])
    assert await tries(counters, 1, Take("k", 1000, MINUTE, 200.0)) == 0
    time.now += 30
    await had(counters, [Take("k", 1000, MINUTE, 50.0)])
    counters.settle(first, [100.0])
    assert await used(counters, Take("k", 1000, MINUTE)) == 150.0
    time.now += 31
    assert await used(counters, Take("k", 1000, MINUTE)) == 50.0


async def test_what_was_used_beyond_it_counts_even_when_the_window_is_over(
    counters: Counters, time: Time
) -> None:
    first = await had(counters, [Take("k", 1000, MINUTE, 100.0)])
    second = await had(counters, [Take("k", 1000, MINUTE, 100.0)])
    counters.settle(first, [400.0])
    assert await used(counters, Take("k", 1000, MINUTE)) == 500.0
    time.now += 61
    counters.settle(second, [300.0])
    assert await used(counters, Take("k", 1000, MINUTE)) == 200.0


async def test_a_period_is_had_until_it_is_used_up(counters: Counters, time: Time) -> None:
    spend = Take("k", 1.0, 3600.0, 0.6, since=EPOCH)
    first = await had(counters, [spend])
    assert await tries(counters, 5, spend) == 1
    time.now += 100
    refused = await counters.take([spend])
    assert (refused.refused, refused.wait) == (0, 3500.0)
    counters.settle(first, [0.1])
    assert await tries(counters, 5, spend) == 1
    following = spend._replace(since=EPOCH + 3600.0)
    assert await tries(counters, 5, following) == 2
    counters.settle(first, [9.0])
    assert await tries(counters, 1, following._replace(limit=1.3)) == 1


async def test_a_period_without_end(counters: Counters) -> None:
    spend = Take("k", 1.0, math.inf, 1.0, since=0.0)
    assert await tries(counters, 3, spend) == 1
    assert (await counters.take([spend])).wait == math.inf


async def test_at_once_among_many_tasks(counters: Counters) -> None:
    most = now = 0
    take = Take("k", 7, AT_ONCE)

    async def one() -> bool:
        nonlocal most, now
        taken = await counters.take([take])
        if taken.refused is not None:
            return False
        now += 1
        most = max(most, now)
        await asyncio.sleep(0)
        now -= 1
        counters.settle(taken, [1.0])
        return True

    results = await asyncio.gather(*(one() for _ in range(50)))
    assert most == 7 and results.count(True) >= 7
    assert await used(counters, take) == 0
