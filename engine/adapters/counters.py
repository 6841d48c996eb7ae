"""Counters in the memory of one process."""

from __future__ import annotations

MAX_KEYS = 100_000


class LocalCounters:
    """Implements `ports.Counters`. Holds at most `limit` numbers and marks each; the oldest give way."""

    def __init__(self, limit: int = MAX_KEYS) -> None:
        self.limit = limit
        self._numbers: dict[str, int] = {}
        self._marks: dict[str, float] = {}

    def next(self, key: str) -> int:
        value = self._numbers.get(key, 0)
        self._numbers[key] = value + 1
        _bound(self._numbers, self.limit)
        return value

    def set_until(self, key: str, until: float) -> None:
        latest = max(until, self._marks.pop(key, 0.0))
        self._marks[key] = latest
        _bound(self._marks, self.limit)

    def until(self, key: str) -> float:
        return self._marks.get(key, 0.0)


def _bound(held: dict[str, int] | dict[str, float], limit: int) -> None:
    while len(held) > limit:
        del held[next(iter(held))]
