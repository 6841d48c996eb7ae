"""What a pure function gave, remembered for the arguments seen of late."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")

SIZE = 1024


class Memo(dict[K, V]):
    """`memo[key]` is `compute(key)`. It starts over when it is full, so names from outside cannot fill it."""

    __slots__ = ("_compute", "_size")

    def __init__(self, compute: Callable[[K], V], size: int = SIZE) -> None:
        super().__init__()
        self._compute = compute
        self._size = size

    def __missing__(self, key: K) -> V:
        value = self._compute(key)
        if len(self) >= self._size:
            self.clear()
        self[key] = value
        return value
