from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.adapters.redis_line import RedisLine
from engine.adapters.redis_script import Calls
from engine.ports import Take
from tests.adapters.redis_wire import Wire


async def test_answers_come_in_the_order_of_the_calls_and_none_when_redis_is_gone(redis_url: str) -> None:
    async with Wire(redis_url) as wire:
        calls = Calls("test-line", "me", lambda: 1000.0)
        address, _, space = wire.url.partition("#")
        calls = Calls(space, "me", lambda: 1000.0)
        line = RedisLine(address, calls.script)
        told: list[Any] = []

        def done(answer: Sequence[Any] | None) -> None:
            told.append(None if answer is None else float(answer[2][0]))

        line.send(calls.take([Take("k", 9, 60.0)]), done)
        assert told == [None] and line.away == "not connected yet"
        await line.open(calls.beat({}))
        assert line.away is None
        for _ in range(70):
            line.send(calls.take([Take("k", 900, 60.0)]), done)
        await line.drained()
        assert told[1:] == [float(number) for number in range(1, 71)]
        await wire.cut()
        line.send(calls.take([Take("k", 900, 60.0)]), done)
        line.send(calls.take([Take("k", 900, 60.0)]), done)
        await line.drained()
        assert told[71:] == [None, None] and line.away
        await line.aclose()


async def test_a_redis_that_cannot_be_written_to_is_away(redis_url: str) -> None:
    calls = Calls("test", "me")
    line = RedisLine(redis_url.partition("#")[0], "return redis.error_reply('READONLY no writes here')")
    await line.open(calls.beat({}))
    assert line.away and "no writes here" in line.away
    await line.aclose()
