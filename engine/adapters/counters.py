"""Counters in the memory of one process: the model of what all counters do."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from engine.limits.window import Window
from engine.ports import AT_ONCE, Take, Taken

MAX_KEYS = 100_000
NO_MARKS: Mapping[str, float] = {}

V = TypeVar("V")


class LocalCounters:
    """Implements `ports.Counters`. Holds at most `limit` of each kind; the oldest give way."""

    def __init__(self, limit: int = MAX_KEYS, now: Callable[[], float] = time.time) -> None:
        self.limit = limit
        self._now = now
        self._numbers: dict[str, int] = {}
        self._marks: dict[str, dict[str, float]] = {}
        self._marked = 0
        self._windows: dict[str, Window] = {}
        self._sums: dict[str, tuple[float, float]] = {}
        self._busy: dict[str, int] = {}

    def next(self, key: str) -> int:
        value = self._numbers.get(key, 0)
        self._keep(self._numbers, key, value + 1)
        return value

    def peek(self, key: str) -> int:
        return self._numbers.get(key, 0)

    def mark(self, group: str, name: str, until: float) -> None:
        marks = self._marks.pop(group, {})
        self._marked += name not in marks
        latest = max(until, marks.pop(name, 0.0))
        marks[name] = latest
        self._marks[group] = marks
        while self._marked > self.limit:
            self._forget_oldest()

    def marks(self, group: str) -> Mapping[str, float]:
        return self._marks.get(group, NO_MARKS)

    def clear(self, group: str, name: str) -> None:
        marks = self._marks.get(group)
        if marks and marks.pop(name, None) is not None:
            self._marked -= 1

    def count(self, key: str, window: float, amount: float = 1.0) -> float:
        found, now = self._window(key, window), self._now()
        if amount:
            found.add(now, amount)
        return found.used(now)

    def busy(self, key: str) -> int:
        return self._busy.get(key, 0)

    def begin(self, key: str) -> None:
        self._busy[key] = self._busy.get(key, 0) + 1

    def end(self, key: str) -> None:
        left = self._busy.get(key, 0) - 1
        if left > 0:
            self._busy[key] = left
        else:
            self._busy.pop(key, None)

    async def take(self, takes: Sequence[Take]) -> Taken:
        now = self._now()
        used: list[float] = []
        for index, take in enumerate(takes):
            have = self._used(take, now)
            if (have >= take.limit) if take.since is not None else (have + take.amount > take.limit):
                return Taken(takes, [*used, have], index, self._wait(take, now, have))
            used.append(have + take.amount)
        return Taken(takes, used, marks=[self._add(take, now) for take in takes])

    async def used(self, takes: Sequence[Take]) -> Sequence[float]:
        now = self._now()
        return [self._used(take, now) for take in takes]

    def settle(self, taken: Taken, amounts: Sequence[float]) -> None:
        for take, amount, mark in zip(taken.takes, amounts, taken.marks, strict=True):
            more = amount - take.amount
            if take.since is not None:
                self._spend(take, more, begin=False)
            elif take.window == AT_ONCE:
                self.end(take.key)
            elif more:
                self._settle(self._window(take.key, take.window), mark, more)

    def tidy(self) -> None:
        """Nobody dies without this process."""

    def _settle(self, window: Window, mark: int, more: float) -> None:
        now = self._now()
        window.used(now)
        if not window.correct(mark, more) and more > 0:
            window.add(now, more)

    def _used(self, take: Take, now: float) -> float:
        if take.since is not None:
            return self._spent(take.key, take.since)
        if take.window == AT_ONCE:
            return self.busy(take.key)
        return self._window(take.key, take.window).used(now)

    def _spent(self, key: str, since: float) -> float:
        begun, spent = self._sums.get(key, (since, 0.0))
        return spent if begun == since else 0.0

    def _add(self, take: Take, now: float) -> int:
        if take.since is not None:
            self._spend(take, take.amount, begin=True)
        elif take.window == AT_ONCE:
            self.begin(take.key)
        else:
            return self._window(take.key, take.window).add(now, take.amount)
        return 0

    def _wait(self, take: Take, now: float, have: float) -> float | None:
        if take.since is not None:
            return take.since + take.window - now
        if take.window == AT_ONCE:
            return None
        return self._window(take.key, take.window).wait(now, have + take.amount - take.limit)

    def _spend(self, take: Take, amount: float, *, begin: bool) -> None:
        """A period that is over takes nothing any more."""
        since = take.since
        assert since is not None
        if begin or self._sums.get(take.key, (since, 0.0))[0] == since:
            self._keep(self._sums, take.key, (since, self._spent(take.key, since) + amount))

    def _window(self, key: str, length: float) -> Window:
        found = self._windows.get(key)
        if found is None or found.length != length:
            found = Window(length)
            self._keep(self._windows, key, found)
        return found

    def _keep(self, kept: dict[str, V], key: str, value: V) -> None:
        kept[key] = value
        while len(kept) > self.limit:
            del kept[next(iter(kept))]

    def _forget_oldest(self) -> None:
        """The oldest mark of the group that was not marked for the longest time."""
        group, marks = next(iter(self._marks.items()))
        if marks:
            del marks[next(iter(marks))]
            self._marked -= 1
        if not marks:
            del self._marks[group]
