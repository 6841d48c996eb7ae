"""What is in flight: for each key a number for each worker, so that those of a dead one can be given back."""

from __future__ import annotations

from struct import Struct

from engine.adapters.shared.file import SharedFile
from engine.adapters.shared.layout import BODY, DIGEST, LAST_COLUMN, PLACES, USED
from engine.adapters.shared.table import ENDS, Table
from engine.memo import Memo
from engine.ports import Take

HELD = Struct("<h")
MOST = 2**15 - 1
NEVER = float("inf")


class Places(Table):
    """The column of this worker is written here alone, and by those that clean up behind its death."""

    def __init__(self, file: SharedFile) -> None:
        super().__init__(file.map, PLACES)
        self._file = file
        self._own = BODY + 2 * file.column
        self._rows: Memo[int, Struct] = Memo(lambda last: Struct(f"<{last + 1}h"))

    def open(self) -> None:
        """Take this worker's column, as it was left by whoever had it before."""
        self._sweep(self._file.column)
        self.memory[USED + self._file.column] = 1
        self.memory[LAST_COLUMN] = max(self.memory[LAST_COLUMN], self._file.column)

    def held(self, at: int) -> int:
        """By all workers."""
        memory = self.memory
        return sum(self._rows[memory[LAST_COLUMN]].unpack_from(memory, at + BODY))

    def look(self, at: int, take: Take, now: float) -> tuple[float, None]:
        """What is held. What the dead hold counts no more, if it is that which stands in the way."""
        held = self.held(at)
        if held + take.amount > take.limit:
            self.bury()
            held = self.held(at)
        return held, None

    def add(self, at: int, take: Take, now: float, held: None) -> int:
        self.begin(at)
        return 0

    def settle(self, at: int, take: Take, now: float, mark: int, more: float) -> None:
        self.end(at, now)

    def wait(self, at: int, take: Take, now: float, have: float) -> None:
        """When somebody ends nobody knows."""

    def begin(self, at: int) -> None:
        mine = at + self._own
        (own,) = HELD.unpack_from(self.memory, mine)
        if own < MOST:
            HELD.pack_into(self.memory, mine, own + 1)
        if not own:
            ENDS.pack_into(self.memory, at + DIGEST, NEVER)

    def end(self, at: int, now: float) -> None:
        mine = at + self._own
        (own,) = HELD.unpack_from(self.memory, mine)
        if own > 0:
            HELD.pack_into(self.memory, mine, own - 1)
        if own <= 1 and not self.held(at):
            ENDS.pack_into(self.memory, at + DIGEST, now)

    def bury(self) -> None:
        """Give back what workers hold that are dead."""
        memory, own = self.memory, self._file.column
        for column in range(memory[LAST_COLUMN] + 1):
            if memory[USED + column] and column != own and self._file.is_left(column):
                self._sweep(column)

    def _sweep(self, column: int) -> None:
        if not self.memory[USED + column]:
            return
        for at in self.all():
            HELD.pack_into(self.memory, at + BODY + 2 * column, 0)
            if not self.held(at):
                ENDS.pack_into(self.memory, at + DIGEST, 0.0)
        self.memory[USED + column] = 0
