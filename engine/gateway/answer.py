"""What the gateway gives back to the server: status, headers, and a body that is there or still coming."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass

import orjson

from engine.errors import ErrorInfo
from engine.gateway.report import retry_headers
from engine.surfaces.surface import Surface

JSON_TYPE = "application/json"


@dataclass(frozen=True, slots=True)
class Answer:
    """`headers` do not repeat the content type. A body that is an iterator must be closed with `aclose`.

    An iterator raises nothing but what the engine did not foresee: errors are in its bytes.
    """

    status: int
    headers: Mapping[str, str]
    content_type: str
    body: bytes | AsyncIterator[bytes]

    async def aclose(self) -> None:
        """Let go of the upstream, whether the body was read or not."""
        close: Callable[[], Awaitable[None]] | None = getattr(self.body, "aclose", None)
        if close is not None:
            await close()


def error_answer(surface: Surface, info: ErrorInfo, headers: Mapping[str, str]) -> Answer:
    """An error in the client's own form, with its status."""
    body = orjson.dumps(surface.error(info))
    return Answer(info.status, {**headers, **retry_headers(info)}, JSON_TYPE, body)
