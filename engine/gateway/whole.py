"""A whole answer, read to its end and ready before its first byte goes to the client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.errors import ErrorInfo
from engine.gateway.read_stream import Write


class Whole:
    """Implements `source.Source` for bytes that are there: passed through, or made of events."""

    __slots__ = ("_given", "content_type", "raw", "usage")

    complete = True

    def __init__(self, raw: bytes, usage: Mapping[str, Any] | None, content_type: str | None = None) -> None:
        self.raw = raw
        self._given = False
        self.usage = usage
        self.content_type = content_type

    async def whole(self) -> bytes:
        return self.raw

    async def next(self) -> bytes | None:
        """All of it, once: where a stream was asked for, but there is none."""
        given, self._given = self._given, True
        return None if given else self.raw

    async def pour(self, write: Write) -> bytes:
        return b""

    def broken(self, info: ErrorInfo) -> bytes:
        return b""

    async def aclose(self) -> None:
        """The upstream was let go when its answer had been read."""
