"""The call that begins a job. Once it is on its way the platform may work on the job, whoever has left.

Should nobody wait for its answer any more, it is waited for here: what it says is needed to call the job off.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import orjson

from engine.errors import EngineError, UpstreamFailed
from engine.events import Call, Timeouts
from engine.gateway.outside import Outside
from engine.gateway.reading import Body, Deadlines
from engine.ports import Reply
from engine.wire.registry import framing_for

# How long the answer to a call that nobody waits for is waited for all the same.
WITHIN = 60.0

MAX_BYTES = 2**20


async def submit(outside: Outside, give_up: Callable[[Any], None], call: Call) -> Reply:
    """Send it. `give_up` is given the answer's data when it comes, if whoever waits for it leaves before."""
    sending = asyncio.ensure_future(outside.upstream.send(call))
    try:
        reply = await asyncio.shield(sending)
    except asyncio.CancelledError:
        if not outside.background.later(_late(sending, give_up)):
            sending.cancel()
        raise
    finally:
        del sending  # its failure keeps this frame: the two would wait for the garbage collector
    streams = framing_for(reply.headers.get("content-type", "")) is not None
    return reply if streams or not 200 <= reply.status < 300 else Begun(outside, give_up, reply)


class Begun:
    """Implements `ports.Reply`: an answer that is read on when it is closed before its end."""

    def __init__(self, outside: Outside, give_up: Callable[[Any], None], reply: Reply) -> None:
        self.status, self.headers = reply.status, reply.headers
        self._outside = outside
        self._give_up = give_up
        self._kept: Kept | None = Kept(reply)

    def arrived(self) -> bytes | None:
        return None

    def chunks(self) -> AsyncIterator[bytes]:
        assert self._kept is not None
        return self._kept.chunks()

    async def aclose(self) -> None:
        kept, self._kept = self._kept, None
        if kept is not None and (kept.over or not self._outside.background.later(_read(kept, self._give_up))):
            await kept.aclose()


class Kept:
    """Implements `ports.Reply`; what was read is given again to who reads after that."""

    def __init__(self, reply: Reply) -> None:
        self.status, self.headers = reply.status, reply.headers
        self.over = False
        self._reply = reply
        self._source = reply.chunks()
        self._pieces: list[bytes] = []
        self._pulling: asyncio.Future[bytes | None] | None = None

    def arrived(self) -> bytes | None:
        return None

    async def chunks(self) -> AsyncIterator[bytes]:
        for piece in tuple(self._pieces):
            yield piece
        while (following := await self._next()) is not None:
            yield following

    async def _next(self) -> bytes | None:
        """Cancelled, it leaves what comes to whoever reads next."""
        if self._pulling is None:
            self._pulling = asyncio.ensure_future(_pull(self._source))
        try:
            piece = await asyncio.shield(self._pulling)
        except EngineError:
            self.over, self._pulling = True, None
            raise
        self._pulling = None
        if piece is None:
            self.over = True
            self._pieces.clear()
        else:
            self._pieces.append(piece)
        return piece

    async def aclose(self) -> None:
        if self._pulling is not None:
            self._pulling.cancel()
        await self._reply.aclose()


async def _pull(source: AsyncIterator[bytes]) -> bytes | None:
    return await anext(source, None)


async def _late(sending: asyncio.Future[Reply], give_up: Callable[[Any], None]) -> None:
    try:
        async with asyncio.timeout(WITHIN):
            reply = await sending
    except (TimeoutError, UpstreamFailed):
        return
    finally:
        del sending  # as above
    await _read(reply, give_up)


async def _read(reply: Reply, give_up: Callable[[Any], None]) -> None:
    body = Body(reply, Deadlines(Timeouts(total=WITHIN)), MAX_BYTES)
    try:
        data = orjson.loads(await body.whole())
    except (UpstreamFailed, orjson.JSONDecodeError):
        return
    finally:
        await body.aclose()
    if 200 <= reply.status < 300:
        give_up(data)
