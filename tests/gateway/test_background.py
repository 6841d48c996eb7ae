"""Work that nobody waits for: bounded, logged, ended with the worker."""

from __future__ import annotations

import asyncio
from typing import Any

from engine.gateway.background import MOST, Background
from tests.gateway.playbook import Time, World


def background() -> tuple[Background, World]:
    world = World(Time())
    made: Any = world
    return Background(made), world


async def test_what_it_dies_of_is_logged() -> None:
    found, world = background()

    async def fails() -> None:
        raise ValueError("no")

    found.later(fails())
    await found.settled()
    assert [(level, event) for level, event, _ in world.lines] == [("error", "background work failed")]


async def test_too_much_of_it_is_dropped_and_told() -> None:
    found, world = background()
    held = asyncio.Event()

    async def stays() -> None:
        await held.wait()

    for _ in range(MOST + 1):
        found.later(stays())
    assert [event for _, event, _ in world.lines] == ["background work dropped"]
    await found.aclose()


async def test_what_is_under_way_is_waited_for_but_not_for_ever() -> None:
    found, _ = background()
    done: list[str] = []
    held = asyncio.Event()

    async def ends() -> None:
        done.append("ended")

    async def stays() -> None:
        await held.wait()

    await found.run_out(5.0)
    found.later(ends())
    await found.run_out(5.0)
    assert done == ["ended"]
    found.later(stays())
    await found.run_out(0.001)
    held.set()  # it was not stopped
    await found.settled()


async def test_what_it_begins_itself_is_waited_for_too() -> None:
    found, _ = background()
    done: list[str] = []

    async def ends() -> None:
        for _ in range(10):
            await asyncio.sleep(0)
        done.append("ended")

    async def begins() -> None:
        found.later(ends())

    found.later(begins())
    await found.run_out(5.0)
    assert done == ["ended"]
