"""The call that begins a job. Once it is on its way the platform may work on the job, whoever has left.

Should nobody wait for its answer any more, it is waited for here: what it says is needed to call the job off.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import orjson

from engine.errors import UpstreamFailed
from engine.events import Call, Timeouts
from engine.gateway.outside import Outside
from engine.gateway.reading import Body, Deadlines
from engine.ports import Reply

# How long the answer to a call that nobody waits for is waited for all the same.
WITHIN = 60.0

MAX_BYTES = 2**20


async def submit(outside: Outside, give_up: Callable[[Any], None], call: Call) -> Reply:
    """Send it. `give_up` is given the answer's data when it comes, if this is cancelled before."""
    sending = asyncio.ensure_future(outside.upstream.send(call))
    try:
        return await asyncio.shield(sending)
    except asyncio.CancelledError:
        if not outside.background.later(_late(sending, give_up)):
            sending.cancel()
        raise
    finally:
        del sending  # its failure keeps this frame: the two would wait for the garbage collector


async def _late(sending: asyncio.Future[Reply], give_up: Callable[[Any], None]) -> None:
    try:
        async with asyncio.timeout(WITHIN):
            reply = await sending
    except (TimeoutError, UpstreamFailed):
        return
    finally:
        del sending  # as above
    body = Body(reply, Deadlines(Timeouts(total=WITHIN)), MAX_BYTES)
    try:
        data = orjson.loads(await body.whole())
    except (UpstreamFailed, orjson.JSONDecodeError):
        return
    finally:
        await body.aclose()
    if 200 <= reply.status < 300:
        give_up(data)
