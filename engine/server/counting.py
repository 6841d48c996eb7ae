"""Where a worker counts: in a file that all workers of the machine share; in Redis, if the site names one."""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from engine.adapters.counters import LocalCounters
from engine.adapters.shared_counters import SharedCounters
from engine.adapters.telemetry import SystemTelemetry
from engine.ports import Counters, Telemetry
from engine.server.startup import StartRefused
from engine.spec.settings import Settings

FILE = "counters"
# Only who names a Redis needs its client, or has the memory for it.
SCHEMES = ("redis://", "rediss://", "unix://")
CLIENT, IN_REDIS = "redis", "engine.adapters.redis_counters"


def check(settings: Settings) -> None:
    """Raises `StartRefused` when what the settings ask for is no Redis, or its client is not installed."""
    if settings.state and not settings.state.startswith(SCHEMES):
        raise StartRefused(f"`state` must be the URL of a Redis: {', '.join(SCHEMES)}…")
    if settings.state and find_spec(CLIENT) is None:
        message = "`state` names a Redis, but its client is not installed: pip install 'proxyctl[redis]'"
        raise StartRefused(message)


def begin_anew(data: Path) -> None:
    """A server starts: what was marked for as long as the one before lived is over."""
    with suppress(OSError):  # told by the workers
        counters = SharedCounters(data / FILE)
        counters.begin_anew()
        counters.close()


class Counting:
    """Of one worker. `start` before it serves, `run` beside it, `aclose` in the end."""

    def __init__(self, settings: Settings, data: Path, telemetry: SystemTelemetry) -> None:
        self._machine = machine_counters(data, telemetry)
        self._redis: Any = None
        if settings.state:
            self._redis = import_module(IN_REDIS).RedisCounters(settings.state, self._machine, telemetry)
        self.counters: Counters = self._redis or self._machine

    @property
    def state(self) -> str:
        """For people: where limits are counted now."""
        return str(self._redis.state) if self._redis else "machine"

    async def start(self) -> None:
        if self._redis:
            await self._redis.beat()

    async def run(self) -> None:
        if self._redis:
            await self._redis.run()

    async def aclose(self) -> None:
        if self._redis:
            await self._redis.aclose()
        if isinstance(self._machine, SharedCounters):
            self._machine.give_back()


def machine_counters(data: Path, telemetry: Telemetry) -> SharedCounters | LocalCounters:
    """The counters of all workers; of this one alone where there can be no such file."""
    path = data / FILE
    try:
        return SharedCounters(path)
    except OSError as exc:
        fields = {"path": str(path), "error": exc.strerror or str(exc)}
        telemetry.log("warning", "no counters in common: limits hold for each worker", fields)
        return LocalCounters()
