"""What is spent in periods of the calendar: one sum for each key, that of the period it was last used in."""

from __future__ import annotations

from engine.adapters.shared.layout import DIGEST
from engine.adapters.shared.table import Table, body
from engine.ports import Take

# When the period is over; when it began, what is spent.
SUM = body("dd")


class Sums(Table):
    """What is taken of a period, `Take.since`."""

    def look(self, at: int, take: Take, now: float) -> tuple[float, float]:
        """What is spent, once for who looks and once for `add`."""
        _, begun, spent = SUM.unpack_from(self.memory, at + DIGEST)
        return (spent, spent) if begun == take.since else (0.0, 0.0)

    def add(self, at: int, take: Take, now: float, spent: float) -> int:
        _, _, window, amount, since = take
        assert since is not None
        SUM.pack_into(self.memory, at + DIGEST, since + window, since, spent + amount)
        return 0

    def settle(self, at: int, take: Take, now: float, mark: int, more: float) -> None:
        """A period that is over takes nothing any more."""
        ends, begun, spent = SUM.unpack_from(self.memory, at + DIGEST)
        if begun == take.since:
            SUM.pack_into(self.memory, at + DIGEST, ends, begun, spent + more)

    def wait(self, at: int, take: Take, now: float, have: float) -> float:
        assert take.since is not None
        return take.since + take.window - now
