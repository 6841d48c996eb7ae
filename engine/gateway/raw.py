"""An answer that is no JSON: bytes that go to the client as they come, sound for one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.errors import ErrorInfo, UpstreamFailed
from engine.gateway.read_stream import Write
from engine.gateway.reading import Body


class Raw:
    """Implements `source.Source`. A break in the middle breaks the client's connection, too."""

    __slots__ = ("_body", "content_type", "usage")

    complete = False

    def __init__(self, body: Body, content_type: str, usage: Mapping[str, Any] | None) -> None:
        self._body = body
        self.content_type = content_type
        self.usage = usage

    async def whole(self) -> bytes:
        return await self._body.whole()

    async def next(self) -> bytes | None:
        piece = await self._body.next()
        while piece == b"":
            piece = await self._body.next()
        if piece is not None:
            self._body.deadlines.progressed()
        return piece

    async def pour(self, write: Write) -> bytes:
        return b""

    def broken(self, info: ErrorInfo) -> bytes:
        raise UpstreamFailed(info)

    async def aclose(self) -> None:
        await self._body.aclose()
