"""Counters that all workers of a machine share, exactly, and that outlive them: `engine.adapters.shared`."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from fcntl import LOCK_EX, LOCK_UN, flock
from hashlib import blake2b
from pathlib import Path
from typing import Any

from engine.adapters.shared.file import SharedFile
from engine.adapters.shared.layout import CHANGED, DIGEST, DIRTY, LAST_COLUMN, NUMBERS, SUMS, WINDOWS
from engine.adapters.shared.marks import NO_MARKS, Marks
from engine.adapters.shared.places import Places
from engine.adapters.shared.sums import Sums
from engine.adapters.shared.table import Table, body
from engine.adapters.shared.windows import Windows
from engine.memo import Memo
from engine.ports import Take, Taken, new_take, new_taken

# A rotation that nobody went on with for so long may be forgotten.
KEPT = 7 * 24 * 3600.0
NUMBER = body("Q")
DIGESTS_KEPT = 8192
NO_LIMIT = float("inf")
# So many numbers a worker takes at once as long as it is the only one: the lock costs more than all else.
AHEAD = 32

Counting = Sums | Windows | Places
Found = tuple[Counting, Take, Any]
"""What counts a take, and what it has there, for `add`."""


class SharedCounters:
    """Implements `ports.Counters`. Raises `OSError` where there can be no such file.

    To be made in the process that uses it: a fork would share its parent's locks.
    """

    def __init__(self, path: Path, now: Callable[[], float] = time.time) -> None:
        self._file = file = SharedFile(path)
        self._memory = file.map
        self._fd = file.descriptor
        self._now = now
        secret = file.secret
        self._digests: Memo[str, bytes] = Memo(
            lambda key: blake2b(
                key.encode("utf-8", "surrogateescape"), digest_size=DIGEST, key=secret
            ).digest(),
            DIGESTS_KEPT,
        )
        self._numbers = Table(file.map, NUMBERS)
        # Numbers that are taken but not used yet, the next one last, by rotations, which the site names.
        self._ahead: dict[str, list[int]] = {}
        self._sums = Sums(file.map, SUMS)
        self._windows = Windows(file.map, WINDOWS)
        self._places = Places(file)
        self._marks = Marks(file.map)
        # Where a take counts: by whether it is of no period, and whether it is held `AT_ONCE`.
        self._tables: Mapping[tuple[bool, bool], Counting] = {
            (False, False): self._sums,
            (True, False): self._windows,
            (True, True): self._places,
        }
        with file.locked():
            self._places.open()

    def close(self) -> None:
        self.give_back()
        self._file.close()

    def give_back(self) -> None:
        """Before it ends: the numbers that it took ahead and did not use are free again."""
        ahead, self._ahead = self._ahead, {}
        for key, numbers in ahead.items():
            if numbers:
                self._free(key, numbers)

    def _lock(self) -> None:
        """Until `flock(…, LOCK_UN)`. Who died in the middle of a change is found out here."""
        flock(self._fd, LOCK_EX)
        if self._memory[DIRTY]:
            self._windows.mend()
            self._memory[DIRTY] = 0

    def next(self, key: str) -> int:
        ahead = self._ahead.get(key)
        return ahead.pop() if ahead else self._number(key)

    def _number(self, key: str) -> int:
        """Another worker may come at any time: it goes on behind what is taken, which no other has then."""
        many = 1 if self._memory[LAST_COLUMN] else AHEAD
        digest, now = self._digests[key], self._now()
        self._lock()
        try:
            at = self._numbers.claim(digest, now)
            value: int = NUMBER.unpack_from(self._memory, at + DIGEST)[1]
            NUMBER.pack_into(self._memory, at + DIGEST, now + KEPT, value + many)
        finally:
            flock(self._fd, LOCK_UN)
        if many > 1:
            self._ahead[key] = [*range(value + many - 1, value, -1)]
        return value

    def _free(self, key: str, numbers: Sequence[int]) -> None:
        """Unless somebody took further ones since."""
        self._lock()
        try:
            at = self._numbers.find(self._digests[key])
            ends, value = NUMBER.unpack_from(self._memory, at + DIGEST) if at else (0.0, 0)
            if value == numbers[0] + 1:
                NUMBER.pack_into(self._memory, at + DIGEST, ends, numbers[-1])
        finally:
            flock(self._fd, LOCK_UN)

    def peek(self, key: str) -> int:
        if ahead := self._ahead.get(key):
            return ahead[-1]
        self._lock()
        try:
            at = self._numbers.find(self._digests[key])
            return int(NUMBER.unpack_from(self._memory, at + DIGEST)[1]) if at else 0
        finally:
            flock(self._fd, LOCK_UN)

    def mark(self, group: str, name: str, until: float) -> None:
        self._lock()
        try:
            digest = self._digests[f"{group}\0{name}"]
            self._marks.set(digest, self._digests[group], name, until, self._now())
        finally:
            flock(self._fd, LOCK_UN)

    def marks(self, group: str) -> Mapping[str, float]:
        marks = self._marks
        if self._memory[CHANGED] != marks.seen:
            self._look()
        return marks.of(self._digests[group]) if marks.groups else NO_MARKS

    def clear(self, group: str, name: str) -> None:
        self._lock()
        try:
            self._marks.clear(self._digests[f"{group}\0{name}"], self._digests[group], name)
        finally:
            flock(self._fd, LOCK_UN)

    def _look(self) -> None:
        self._lock()
        try:
            self._marks.look()
        finally:
            flock(self._fd, LOCK_UN)

    def count(self, key: str, window: float, amount: float = 1.0) -> float:
        now, digest, windows = self._now(), self._digests[key], self._windows
        take = new_take((key, NO_LIMIT, window, amount, None))
        self._lock()
        try:
            if not amount:
                at = windows.find(digest)
                return windows.look(at, take, now)[0] if at else 0.0
            at = windows.claim(digest, now)
            used, head = windows.look(at, take, now)
            self._memory[DIRTY] = 1
            windows.add(at, take, now, head)
            self._memory[DIRTY] = 0
            return used + amount
        finally:
            flock(self._fd, LOCK_UN)

    def busy(self, key: str) -> int:
        at = self._places.find(self._digests[key])
        return self._places.held(at) if at else 0

    def begin(self, key: str) -> None:
        self._lock()
        try:
            self._places.begin(self._places.claim(self._digests[key], self._now()))
        finally:
            flock(self._fd, LOCK_UN)

    def end(self, key: str) -> None:
        self._lock()
        try:
            at = self._places.find(self._digests[key])
            if at:
                self._places.end(at, self._now())
        finally:
            flock(self._fd, LOCK_UN)

    async def take(self, takes: Sequence[Take]) -> Taken:
        now, digests, tables = self._now(), self._digests, self._tables
        used: list[float] = []
        found: dict[int, Found] = {}
        self._lock()
        try:
            for take in takes:
                key, limit, window, amount, since = take
                table = tables[since is None, not window]
                digest = digests[key]
                at = table.find(digest)
                have, state = table.look(at, take, now) if at else (0.0, None)
                if (have >= limit) if since is not None else (have + amount > limit):
                    return Taken(takes, [*used, have], len(used), table.wait(at, take, now, have))
                used.append(have + amount)
                found[at] = (table, take, state)
            self._memory[DIRTY] = 1
            if len(found) == len(takes) and 0 not in found:
                marks = [table.add(at, take, now, state) for at, (table, take, state) in found.items()]
            else:
                marks = [self._add(take, now) for take in takes]
            self._memory[DIRTY] = 0
        finally:
            flock(self._fd, LOCK_UN)
        return new_taken((takes, used, None, None, marks))

    async def used(self, takes: Sequence[Take]) -> Sequence[float]:
        now = self._now()
        self._lock()
        try:
            return [self._used(take, now) for take in takes]
        finally:
            flock(self._fd, LOCK_UN)

    def settle(self, taken: Taken, amounts: Sequence[float]) -> None:
        now, digests, tables = self._now(), self._digests, self._tables
        self._lock()
        try:
            self._memory[DIRTY] = 1
            for take, amount, mark in zip(taken.takes, amounts, taken.marks, strict=True):
                key, _, window, before, since = take
                more = amount - before
                if not more and window:
                    continue
                table = tables[since is None, not window]
                at = table.find(digests[key])
                # What is no longer there needs no settling; but a window has to know of what is more.
                if not at and more > 0 and table is self._windows:
                    at = table.claim(digests[key], now)
                if at:
                    table.settle(at, take, now, mark, more)
            self._memory[DIRTY] = 0
        finally:
            flock(self._fd, LOCK_UN)

    def tidy(self) -> None:
        """Give back what workers hold that are dead. To be called now and then."""
        self._lock()
        try:
            self._places.bury()
        finally:
            flock(self._fd, LOCK_UN)

    def begin_anew(self) -> None:
        """A server starts: what was marked for as long as the one before lived is over."""
        self._lock()
        try:
            self._marks.forget_endless()
        finally:
            flock(self._fd, LOCK_UN)

    # The lock is held in what follows.

    def _used(self, take: Take, now: float) -> float:
        table = self._tables[take.since is None, not take.window]
        at = table.find(self._digests[take.key])
        return table.look(at, take, now)[0] if at else 0.0

    def _add(self, take: Take, now: float) -> int:
        """Where one is new, which may be given the slot of another if that is over, or is taken twice."""
        table = self._tables[take.since is None, not take.window]
        at = table.claim(self._digests[take.key], now)
        state: Any = table.look(at, take, now)[1]
        return table.add(at, take, now, state)
