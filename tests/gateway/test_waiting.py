from __future__ import annotations

import asyncio

from engine.gateway.waiting import Waiter, Waiting
from engine.limits.allowance import Bound, Kind
from engine.ports import AT_ONCE, Take


def bound(key: str, queue: int = 1) -> Bound:
    return Bound("provider", "a", Kind.CONCURRENCY, "", Take(key, 1.0, AT_ONCE), queue, 1.0)


def test_lines_have_room_for_so_many_and_keep_places() -> None:
    waiting, one, other = Waiting(), Waiter(), Waiter()
    assert waiting.has_room(bound("k"), one) and not waiting.has_room(bound("k", 0), one)
    waiting.join(one, ["k"])
    assert waiting.has_room(bound("k"), one) and not waiting.has_room(bound("k"), other)
    waiting.join(other, ["k", "l"])
    waiting.join(one, ["k", "l"])
    assert waiting.lines == {"k": [one, other], "l": [other, one]}
    waiting.leave(other)
    waiting.leave(one)
    assert waiting.lines == {}


def test_nobody_overtakes() -> None:
    waiting, one = Waiting(), Waiter()
    takes = [Take("w", 1.0, 60.0), Take("k", 1.0, AT_ONCE)]
    assert waiting.ahead(takes, None) is None
    waiting.join(one, ["k", "w"])
    assert waiting.ahead(takes, None) == 1 and waiting.ahead(takes, one) is None


async def test_a_sign_wakes_the_first_for_what_was_freed() -> None:
    waiting, one, other = Waiting(), Waiter(), Waiter()
    waiting.join(one, ["k", "l"])
    waiting.join(other, ["l", "m"])
    turns = asyncio.gather(waiting.turn(one, 9.0), waiting.turn(other, 9.0))
    await asyncio.sleep(0)
    waiting.freed(["l"])
    waiting.freed(["m"])
    assert await turns == ["l", "m"]


async def test_without_a_sign_each_limit_has_its_turn() -> None:
    waiting, one = Waiting(), Waiter()
    waiting.join(one, ["k", "l"])
    assert [await waiting.turn(one, 0.001) for _ in range(3)] == ["k", "l", "k"]
