"""`test_steps` has the dialogues; here, what is left when there is no room for more work in the background."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from engine.events import Call
from engine.gateway.background import MOST
from engine.gateway.submission import submit
from tests.gateway.playbook import Game, Json

SITE = """
providers:
  a: {dialect: plain, base_url: "https://a.test"}
models:
  m: {targets: [a/m]}
"""


def test_without_room_the_call_is_cut_off() -> None:
    game = Game(SITE)
    outside = game.gateway.outside
    given: list[Any] = []

    async def leave() -> None:
        held = asyncio.Event()

        async def stays() -> None:
            await held.wait()

        for _ in range(MOST):
            outside.background.later(stays())
        game.upstream.script = [Json({"id": "j1"}, before=5.0)]
        call = Call("POST", "https://a.test/jobs", {})
        sending = asyncio.ensure_future(submit(outside, given.append, call))
        await asyncio.sleep(1.0)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        held.set()
        await outside.background.settled()
        await asyncio.sleep(10.0)

    game.run(leave())
    assert given == [] and game.upstream.replies == []
