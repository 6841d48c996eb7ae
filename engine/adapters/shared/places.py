"""What is in flight: for each key a number for each worker, so that those of a dead one can be given back."""

from __future__ import annotations

from struct import Struct

from engine.adapters.shared.file import SharedFile
from engine.adapters.shared.layout import BODY, DIGEST, LAST_COLUMN, PLACES, USED
from engine.adapters.shared.table import ENDS, Table

HELD = Struct("<h")
MOST = 2**15 - 1
NEVER = float("inf")


class Places(Table):
    """The column of this worker is written here alone, and by those that clean up behind its death."""

    def __init__(self, file: SharedFile) -> None:
        super().__init__(file.map, PLACES)
        self._file = file
        self._own = BODY + 2 * file.column
        self._rows: dict[int, Struct] = {}

    def open(self) -> None:
        """Take this worker's column, as it was left by whoever had it before."""
        self._sweep(self._file.column)
        self.memory[USED + self._file.column] = 1
        self.memory[LAST_COLUMN] = max(self.memory[LAST_COLUMN], self._file.column)

    def held(self, at: int) -> int:
        """By all workers."""
        last = self.memory[LAST_COLUMN]
        row = self._rows.get(last) or self._rows.setdefault(last, Struct(f"<{last + 1}h"))
        return sum(row.unpack_from(self.memory, at + BODY))

    def begin(self, at: int) -> None:
        (own,) = HELD.unpack_from(self.memory, at + self._own)
        HELD.pack_into(self.memory, at + self._own, min(own + 1, MOST))
        ENDS.pack_into(self.memory, at + DIGEST, NEVER)

    def end(self, at: int, now: float) -> None:
        (own,) = HELD.unpack_from(self.memory, at + self._own)
        HELD.pack_into(self.memory, at + self._own, max(own - 1, 0))
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
