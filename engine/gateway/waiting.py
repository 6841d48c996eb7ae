"""Requests of one worker that wait for a free place: first come, first served."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from engine.limits.allowance import Bound
from engine.ports import AT_ONCE, Take

# Places that another worker frees are looked for this often (seconds).
LOOK_EVERY = 0.05


class Waiter:
    """A request that waits. `keys` are the limits that keep it, any of which would let it on."""

    __slots__ = ("keys", "signal")

    def __init__(self) -> None:
        self.keys: tuple[str, ...] = ()
        self.signal: asyncio.Future[str] | None = None

    def wake(self, key: str) -> None:
        if self.signal is not None and not self.signal.done():
            self.signal.set_result(key)


class Waiting:
    """The lines, one for each limit that somebody waits for."""

    __slots__ = ("lines",)

    def __init__(self) -> None:
        self.lines: dict[str, list[Waiter]] = {}

    def has_room(self, bound: Bound, waiter: Waiter) -> bool:
        line = self.lines.get(bound.key, ())
        return waiter in line or len(line) < bound.queue

    def ahead(self, takes: Sequence[Take], waiter: Waiter | None) -> int | None:
        """The first of these takes that somebody else has waited for longer."""
        for index, take in enumerate(takes):
            line = self.lines.get(take.key) if take.window == AT_ONCE else None
            if line and line[0] is not waiter:
                return index
        return None

    def join(self, waiter: Waiter, keys: Sequence[str]) -> None:
        """Stand in line for these, behind who is there; a place that was had is kept."""
        waiter.keys = tuple(dict.fromkeys((*waiter.keys, *keys)))
        for key in keys:
            line = self.lines.setdefault(key, [])
            if waiter not in line:
                line.append(waiter)

    def leave(self, waiter: Waiter) -> None:
        """It waits no more, whatever came of it; there may be a place for the next one, too."""
        keys, waiter.keys = waiter.keys, ()
        for key in keys:
            line = self.lines[key]
            line.remove(waiter)
            if not line:
                del self.lines[key]
        self.freed(keys)

    def freed(self, keys: Sequence[str]) -> None:
        """A place may be free: whoever has waited longest looks."""
        for key in keys:
            line = self.lines.get(key)
            if line:
                line[0].wake(key)

    async def turn(self, waiter: Waiter, seconds: float) -> str | None:
        """A limit that it is first in line for, after a while or a signal; None: it is nowhere the first."""
        waiter.signal = asyncio.get_running_loop().create_future()
        freed = None
        with suppress(TimeoutError):
            async with asyncio.timeout(min(seconds, LOOK_EVERY)):
                freed = await waiter.signal
        waiter.signal = None
        first = [key for key in waiter.keys if self.lines[key][0] is waiter]
        if not first:
            return None
        key = freed if freed in first else first[0]
        waiter.keys = (*(each for each in waiter.keys if each != key), key)  # the others are looked at next
        return key
