"""The outside world as the engine sees it. Implementations live in `adapters/` and `storage/`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Protocol

from engine.events import Call


class Reply(Protocol):
    """An upstream's answer: status and lower-case headers are there, the body is still to come."""

    status: int
    headers: Mapping[str, str]

    def chunks(self) -> AsyncIterator[bytes]:
        """The decoded body as it arrives. Raises `UpstreamFailed` when the connection breaks."""
        ...

    async def aclose(self) -> None:
        """Stop reading and free the connection; safe to call twice."""
        ...


class Upstream(Protocol):
    async def send(self, call: Call) -> Reply:
        """Send a call, wait for status and headers. Raises `UpstreamFailed` (connect, timeout, protocol)."""
        ...

    async def aclose(self) -> None: ...


class Clock(Protocol):
    def now(self) -> float:
        """Seconds since 1970."""
        ...

    def monotonic(self) -> float: ...

    async def sleep(self, seconds: float) -> None: ...


class Entropy(Protocol):
    """Ids and chance, injected so that tests are exact."""

    def uid(self, prefix: str) -> str: ...

    def random(self) -> float:
        """Uniform in [0, 1)."""
        ...


class Counters(Protocol):
    """Small shared numbers: rotation, cooldowns. Keys are slash-separated names."""

    def next(self, key: str) -> int:
        """Add one and return the value before: 0, 1, 2, …"""
        ...

    def set_until(self, key: str, until: float) -> None:
        """Mark `key` until that `Clock.now()`; a later mark wins over an earlier one."""
        ...

    def until(self, key: str) -> float:
        """When the mark on `key` ends; 0.0 when there is none."""
        ...


class Secrets(Protocol):
    def env(self, name: str) -> str | None: ...

    def file(self, path: str) -> str | None:
        """Text of a file (relative to the site), without its trailing newline; None when unreadable."""
        ...


class Telemetry(Protocol):
    def count(self, name: str, labels: Mapping[str, str], amount: float = 1.0) -> None: ...

    def log(self, level: str, event: str, fields: Mapping[str, object]) -> None: ...
