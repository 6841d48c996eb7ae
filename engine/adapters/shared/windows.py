"""Sliding windows in the file: `engine.limits.window`, which says what they do, as slots."""

from __future__ import annotations

from struct import Struct

from engine.adapters.shared.layout import BODY, DIGEST
from engine.adapters.shared.table import Table, body
from engine.limits.window import PARTS, RING
from engine.ports import Take

# When nothing of it counts any more; the number of the newest part, how many are alive; the sum of all; when
# the newest began, its last use, its amount; the last use of the oldest. So most uses touch no part but the
# newest. Its number is written first: who is killed in the middle has used too much rather than too little.
HEAD = body("IIddddd")
PART = Struct("<dd")
FIRST = BODY + 48
NUMBERS = 2**32

Head = tuple[float, int, int, float, float, float, float, float]


class Windows(Table):
    """What is taken within `Take.window` seconds."""

    def look(self, at: int, take: Take, now: float) -> tuple[float, Head]:
        """What is used, and the head as it would be written now; no part is alive when all is over."""
        head: Head = HEAD.unpack_from(self.memory, at + DIGEST)
        length = take.window
        # A head from far ahead is that of a clock that was wrong once.
        if not (now < head[-1] + length and now < head[0] <= now + 2 * length):
            head = self._without_what_is_over(at, length, now, head)
        return head[3], head

    def add(self, at: int, take: Take, now: float, head: Head) -> int:
        """Use more, and the number of the part that it is in."""
        _, _, length, amount, _ = take
        _, newest, alive, total, begun, last, before, oldest = head
        total += amount
        if alive and (now < begun + length / PARTS or alive == RING):
            amount += before
            if last < now:
                last = now
        else:
            if alive:
                PART.pack_into(self.memory, _part(at, newest), last, before)
            newest, alive, begun, last = (newest + 1) % NUMBERS, alive + 1, now, now
        if alive == 1:
            oldest = last
        ends = last + length
        HEAD.pack_into(self.memory, at + DIGEST, ends, newest, alive, total, begun, last, amount, oldest)
        return newest

    def settle(self, at: int, take: Take, now: float, mark: int, more: float) -> None:
        """Correct what was added as part `mark`. If that is over, what is more counts from now on."""
        _, head = self.look(at, take, now)
        ends, newest, alive, total, begun, last, amount, oldest = head
        age = (newest - mark) % NUMBERS
        if age >= alive:
            if more > 0:
                self.add(at, take._replace(amount=more), now, head)
            return
        if age:
            used, before = PART.unpack_from(self.memory, _part(at, mark))
            PART.pack_into(self.memory, _part(at, mark), used, before + more)
        else:
            amount += more
        total += more
        HEAD.pack_into(self.memory, at + DIGEST, ends, newest, alive, total, begun, last, amount, oldest)

    def wait(self, at: int, take: Take, now: float, have: float) -> float:
        """The seconds until there is room for it; where no slot is, `at` 0, none will ever do."""
        if not at:
            return 0.0
        much = have + take.amount - take.limit
        for last, amount in self._parts(at, self.look(at, take, now)[1]):
            much -= amount
            if much <= 0:
                return last + take.window - now
        return take.window

    def mend(self) -> None:
        """Somebody was killed in the middle of a change: the parts are right, up to one use."""
        for at in self.all():
            ends, newest, alive, _, begun, last, amount, oldest = HEAD.unpack_from(self.memory, at + DIGEST)
            alive = min(alive, RING)
            parts = self._parts(at, (ends, newest, alive, 0.0, begun, last, amount, oldest))
            total, oldest = sum(each for _, each in parts), parts[0][0] if parts else 0.0
            HEAD.pack_into(self.memory, at + DIGEST, ends, newest, alive, total, begun, last, amount, oldest)

    def _without_what_is_over(self, at: int, length: float, now: float, head: Head) -> Head:
        ends, newest, alive, total, begun, last, amount, _ = head
        if now < ends <= now + 2 * length:
            for used, before in self._parts(at, head):
                if now < used + length:
                    return ends, newest, alive, total, begun, last, amount, used
                total, alive = total - before, alive - 1
        return ends, newest, 0, 0.0, 0.0, 0.0, 0.0, 0.0

    def _parts(self, at: int, head: Head) -> list[tuple[float, float]]:
        """Last use and amount of the parts that are alive, the oldest first."""
        _, newest, alive, _, _, last, amount, _ = head
        if not alive:
            return []
        before = [
            PART.unpack_from(self.memory, _part(at, (newest - age) % NUMBERS))
            for age in range(alive - 1, 0, -1)
        ]
        return [*before, (last, amount)]


def _part(at: int, number: int) -> int:
    return at + FIRST + number % RING * PART.size
