from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from engine.errors import EngineUnavailable
from engine.gateway.office import Office
from tests.gateway.playbook import Time, World


def office() -> tuple[Office, World]:
    world = World(Time())
    made: Any = world
    return Office(made), world


async def test_verbs_are_the_server_s_or_the_clerk_s() -> None:
    found, _ = office()

    async def own(args: Mapping[str, Any]) -> Any:
        return args["x"]

    async def clerk(verb: str, args: Mapping[str, Any]) -> Any:
        return verb

    found.verbs["mine"] = own
    assert await found.do("mine", {"x": 1}) == 1
    with pytest.raises(EngineUnavailable, match=r"clients\.list"):
        await found.do("clients.list", {})
    found.clerk = clerk
    assert await found.do("clients.list", {}) == "clients.list"


async def test_what_work_in_the_background_dies_of_is_logged() -> None:
    found, world = office()

    async def fails() -> None:
        raise ValueError("no")

    found.later(fails())
    await found.settled()
    assert [(level, event) for level, event, _ in world.lines] == [("error", "background work failed")]


async def test_what_is_under_way_is_waited_for_but_not_for_ever() -> None:
    found, _ = office()
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
