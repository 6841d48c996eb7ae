"""Reading a client's body, within its limit, and so that the client sees the answer when it is too large."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from sanic import Request

from engine.errors import EngineError, RequestRefused
from engine.server.refusals import too_large

# Seconds. A body must go on arriving; a refused one is read a little longer, since most senders read the
# answer only when the whole body is out.
BODY_IDLE, LINGER = 60.0, 2.0


async def read_body(request: Request, limit: int) -> bytes:
    """The whole body. Raises `EngineError`: 413, or 408 when it stops arriving."""
    stream: Any = request.stream
    if stream is None or not stream.request_body:
        return b""
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > limit:
        await _refuse(stream, limit)
    pieces: list[bytes] = []
    size = 0
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(BODY_IDLE) as clock:
            async for piece in stream:
                pieces.append(piece)
                size += len(piece)
                if size > limit:
                    await _refuse(stream, limit)
                clock.reschedule(loop.time() + BODY_IDLE)
    except TimeoutError as exc:
        _give_up(stream)
        raise RequestRefused("the body stopped arriving", status=408, code="request_timeout") from exc
    # A large body may have left the socket paused, and a paused socket does not tell that the client left.
    transport: Any = request.transport
    transport.resume_reading()
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


async def _refuse(stream: Any, limit: int) -> None:
    if stream.expecting_continue:
        stream.expecting_continue = False  # no invitation to send what is not wanted
    else:
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER):
                async for _ in stream:
                    pass
    _give_up(stream)
    raise EngineError(too_large(limit))


def _give_up(stream: Any) -> None:
    """Wait for no more of the body: what follows the answer is the end of the connection."""
    stream.request_body = None
    stream.keep_alive = False
