from __future__ import annotations

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
