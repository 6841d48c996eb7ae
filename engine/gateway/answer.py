"""What the gateway gives back to the server: status, headers, and a body that is there or still coming."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from functools import partial
from typing import NamedTuple, Protocol

import orjson

from engine.errors import ErrorInfo
from engine.gateway.report import retry_headers
from engine.ports import Socket
from engine.surfaces.reworded import status_of
from engine.surfaces.surface import Surface

JSON_TYPE = "application/json"


class Joining(Protocol):
    """An upstream's WebSocket that waits for its client's; see `realtime.Session`."""

    largest: int

    @property
    def subprotocol(self) -> str | None: ...
    async def run(self, client: Socket) -> None: ...
    async def aclose(self) -> None: ...


class Answer(NamedTuple):
    """`headers` do not repeat the content type. A body that is an iterator must be closed with `aclose`.

    An iterator raises nothing but what the engine did not foresee: errors are in its bytes. A `session` is
    what a 101 agrees to; it must be run or closed.
    """

    status: int
    headers: Mapping[str, str]
    content_type: str
    body: bytes | AsyncIterator[bytes]
    session: Joining | None = None

    async def aclose(self) -> None:
        """Let go of the upstream, whether the body was read or not."""
        close: Callable[[], Awaitable[None]] | None = getattr(self.body, "aclose", None)
        if close is not None:
            await close()


new_answer = partial(tuple.__new__, Answer)
"""`Answer(…)` of a tuple, see `engine.events.new_event`."""


def error_answer(surface: Surface, info: ErrorInfo, headers: Mapping[str, str]) -> Answer:
    """An error in the client's own form, with its status."""
    body = orjson.dumps(surface.error(info))
    return Answer(status_of(surface, info), {**headers, **retry_headers(info)}, JSON_TYPE, body)
