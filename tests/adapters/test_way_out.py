from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.adapters.way_out import WayOut
from engine.events import Call
from tests.gateway.playbook import Time, World


async def test_scripted_calls_and_closing(tmp_path: Path) -> None:
    world: Any = World(Time())
    upstream = WayOut(tmp_path, world, world.uid, world).upstream
    reply = await upstream.send(Call("POST", "scripted:/x", {}, b'{"status": 204}'))
    assert reply.status == 204
    await upstream.aclose()
