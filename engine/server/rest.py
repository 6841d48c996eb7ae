"""What a worker does when nothing happens."""

from __future__ import annotations

import asyncio

from engine.adapters.heap import give_back
from engine.server.drain import Drain

REST_AFTER = 5.0


async def rest_when_idle(drain: Drain, after: float = REST_AFTER) -> None:
    """What large requests have left goes back to the system once a while passes without any."""
    before = given = 0
    while True:
        await asyncio.sleep(after)
        entered = drain.entered
        if entered == before != given and not drain.in_flight:
            give_back()
            given = entered
        before = entered
