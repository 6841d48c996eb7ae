"""Sliding windows in the file: `engine.limits.window`, which says what they do, as slots."""

from __future__ import annotations

from struct import Struct

from engine.adapters.shared.layout import BODY, DIGEST
from engine.adapters.shared.table import ENDS, Table, body
from engine.limits.window import PARTS, RING

# When nothing of it counts any more; the sum; when its newest part began, its number; how many are alive.
HEAD = body("ddII")
PART = Struct("<dd")
FIRST = BODY + 24
NUMBERS = 2**32

Head = tuple[float, float, int, int]


class Windows(Table):
    def used(self, at: int, now: float, length: float) -> float:
        return self._read(at, now, length)[0]

    def add(self, at: int, now: float, length: float, amount: float) -> int:
        """Use more, and the number of the part that it is in."""
        total, begun, newest, alive = self._read(at, now, length)
        last = before = 0.0
        if not alive or (now >= begun + length / PARTS and alive < RING):
            newest, alive, begun = (newest + 1) % NUMBERS, alive + 1, now
        else:
            last, before = PART.unpack_from(self.memory, _part(at, newest))
        last = max(last, now)
        PART.pack_into(self.memory, _part(at, newest), last, before + amount)
        HEAD.pack_into(self.memory, at + DIGEST, last + length, total + amount, begun, newest, alive)
        return newest

    def correct(self, at: int, now: float, length: float, number: int, amount: float) -> bool:
        """Add to (or take from) a part that was used before; false if it is over."""
        total, begun, newest, alive = self._read(at, now, length)
        if (newest - number) % NUMBERS >= alive:
            return False
        last, before = PART.unpack_from(self.memory, _part(at, number))
        PART.pack_into(self.memory, _part(at, number), last, before + amount)
        (ends,) = ENDS.unpack_from(self.memory, at + DIGEST)
        HEAD.pack_into(self.memory, at + DIGEST, ends, total + amount, begun, newest, alive)
        return True

    def wait(self, at: int, now: float, length: float, much: float) -> float:
        """The seconds until so much less is used."""
        _, _, newest, alive = self._read(at, now, length)
        for age in range(alive - 1, -1, -1):
            last, amount = PART.unpack_from(self.memory, _part(at, (newest - age) % NUMBERS))
            much -= amount
            if much <= 0:
                return float(last + length - now)
        return length

    def mend(self) -> None:
        """Somebody was killed in the middle of a change: the parts are right, up to one use."""
        for at in self.all():
            ends, _, begun, newest, alive = HEAD.unpack_from(self.memory, at + DIGEST)
            alive = min(alive, RING)
            parts = [
                PART.unpack_from(self.memory, _part(at, (newest - age) % NUMBERS)) for age in range(alive)
            ]
            HEAD.pack_into(
                self.memory, at + DIGEST, ends, sum(amount for _, amount in parts), begun, newest, alive
            )

    def _read(self, at: int, now: float, length: float) -> Head:
        """Total, begin and number of the newest part, and how many are alive now."""
        ends, total, begun, newest, alive = HEAD.unpack_from(self.memory, at + DIGEST)
        if not now < ends <= now + 2 * length:  # over, or from a clock that was wrong once
            return 0.0, 0.0, newest, 0
        while alive:
            last, amount = PART.unpack_from(self.memory, _part(at, (newest - alive + 1) % NUMBERS))
            if now < last + length:
                return total, begun, newest, alive
            total, alive = total - amount, alive - 1
        return 0.0, 0.0, newest, 0


def _part(at: int, number: int) -> int:
    return at + FIRST + number % RING * PART.size
