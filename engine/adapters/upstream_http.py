"""Which HTTP client makes a call: the one place that decides it, by the call's channel."""

from __future__ import annotations

from collections.abc import Coroutine, Set
from pathlib import Path
from typing import Any

from engine.adapters.certificates import HERE
from engine.adapters.upstream_http1 import Http1Upstream
from engine.adapters.upstream_httpx import HttpxUpstream
from engine.events import Call, Channel
from engine.ports import Reply


class HttpUpstream:
    """Implements `ports.Upstream`: HTTP/1.1 straight to the origin is the data path, httpx does the rest.

    Proxies and HTTP/2 are what httpx does well; both clients keep one contract, which one test suite holds.
    Where not every address may be called, the one client goes that knows which it connects to.
    """

    def __init__(self, site: Path = HERE) -> None:
        """Certificate files of channels are relative to `site`."""
        self._direct = Http1Upstream(site)
        self._capable = HttpxUpstream(site)

    def send(self, call: Call) -> Coroutine[Any, Any, Reply]:
        channel = call.channel
        capable = (channel.http2 or channel.proxy is not None) and channel.reach is None
        client = self._capable if capable else self._direct
        return client.send(call)

    def retain(self, channels: Set[Channel]) -> None:
        """Keep connections and certificates of these channels alone; calls under way run on."""
        self._direct.retain(channels)
        self._capable.retain(channels)

    async def aclose(self) -> None:
        await self._direct.aclose()
        await self._capable.aclose()
