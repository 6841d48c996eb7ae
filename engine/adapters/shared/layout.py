"""Where everything stands in the file. A change here makes another file of it, through its size.

    header        what it is, the secret of its hashes, who has a column, the log of changed marks
    numbers       digest, ends, value
    sums          digest, ends, since, amount
    windows       digest, ends, newest, alive, total, the newest part: begun, last, amount, the oldest's last,
                  a ring of the parts before: last, amount
    places        digest, ends, how many for each column
    marks         digest, until, the group's digest, length of the name, name

Every slot begins with the digest of its key and the time when it may be used for another one.
"""

from __future__ import annotations

from typing import NamedTuple

from engine.limits.window import RING

HEADER = 4096
SECRET = 32
# One byte: somebody is in the middle of a change.
DIRTY = 64
# The last column that was ever used.
LAST_COLUMN = 65
# How often marks have changed, and the slots of the last changes.
CHANGES, LOG, LOGGED = 72, 80, 128
CHANGED = slice(CHANGES, LOG)
# For each column: it may hold something.
USED = 512
COLUMNS = 256

DIGEST = 16
# Behind the digest and the time of each slot.
BODY = DIGEST + 8


class Area(NamedTuple):
    """So many slots of one size, beginning at `at`."""

    at: int
    slots: int
    size: int

    @property
    def end(self) -> int:
        return self.at + self.slots * self.size


NUMBERS = Area(HEADER, 8192, BODY + 8)
SUMS = Area(NUMBERS.end, 4096, BODY + 16)
WINDOWS = Area(SUMS.end, 32768, BODY + 48 + 16 * RING)
PLACES = Area(WINDOWS.end, 2048, BODY + 2 * COLUMNS)
MARKS = Area(PLACES.end, 4096, 256)
SIZE = MARKS.end
