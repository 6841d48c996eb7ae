"""A sliding window that remembers little: what was used, in a few parts, each as old as its last use.

A part begins with a use, never by the clock, and counts in full until its last use is over. So in no stretch
of a window's length is more used than its limit, and a burst is forgotten at once; what came evenly is
remembered for an eleventh of the window too long.
"""

from __future__ import annotations

from typing import NamedTuple

PARTS = 11
# A part takes in what comes within an eleventh of the window: so many can be alive at once.
RING = PARTS + 2


class Part(NamedTuple):
    begun: float
    last: float
    amount: float


class Window:
    """One window of `length` seconds; times are seconds since 1970."""

    __slots__ = ("_first", "_parts", "length", "total")

    def __init__(self, length: float) -> None:
        self.length = length
        self.total = 0.0
        self._parts: list[Part] = []
        self._first = 0

    def used(self, now: float) -> float:
        """What is used now; what is over is forgotten."""
        over = 0
        while over < len(self._parts) and not self._counts(self._parts[over], now):
            self.total -= self._parts[over].amount
            over += 1
        if over:
            del self._parts[:over]
            self._first += over
        return self.total

    def _counts(self, part: Part, now: float) -> bool:
        """A time far ahead is that of a clock that was wrong once."""
        return now < part.last + self.length <= now + 2 * self.length

    def add(self, now: float, amount: float) -> int:
        """Use more, and the number of the part that it is in."""
        self.used(now)
        newest = self._parts[-1] if self._parts else None
        if newest is None or (now >= newest.begun + self.length / PARTS and len(self._parts) < RING):
            self._parts.append(Part(now, now, amount))
        else:
            self._parts[-1] = Part(newest.begun, max(newest.last, now), newest.amount + amount)
        self.total += amount
        return self._first + len(self._parts) - 1

    def correct(self, number: int, amount: float) -> bool:
        """Add to (or take from) a part that was used before; false if it is over."""
        index = number - self._first
        if not 0 <= index < len(self._parts):
            return False
        part = self._parts[index]
        self._parts[index] = part._replace(amount=part.amount + amount)
        self.total += amount
        return True

    def wait(self, now: float, much: float) -> float:
        """The seconds until so much less is used."""
        for part in self._parts:
            much -= part.amount
            if much <= 0:
                return part.last + self.length - now
        return self.length

    @property
    def ends(self) -> float:
        """When nothing of it is used any more."""
        return self._parts[-1].last + self.length if self._parts else 0.0
