"""Wrong admin keys cost one of a few turns a minute, however they are sent: nobody finds it by trying."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from engine.errors import ErrorClass, RequestRefused
from engine.events import Inbound
from engine.ports import Counters
from engine.server.access.caller import Callers

WINDOW = 60.0


class Turns(NamedTuple):
    """Wrong keys in a minute, from one address and from all. Each `way` of sending them has its own count."""

    way: str
    one: int
    all: int


# People type; programs call often, and one that has an old key must not keep out all others at its address.
FORM = Turns("form", 5, 100)
HEADER = Turns("header", 60, 1000)

# How long an address from which the right key came is not kept out by what others try.
KNOWN = 3600.0


@dataclass(frozen=True, slots=True)
class WrongKeys:
    """Counted over all workers."""

    counters: Counters
    callers: Callers
    turns: Turns = HEADER

    def count(self, inbound: Inbound) -> None:
        for name in self._names(inbound):
            self.counters.count(name, WINDOW)

    def over(self, inbound: Inbound) -> bool:
        """Whether there were so many that no key is looked at now."""
        one, all_ = (self.counters.count(name, WINDOW, 0.0) for name in self._names(inbound))
        return one >= self.turns.one or (all_ >= self.turns.all and not self._is_known(inbound))

    def right(self, inbound: Inbound) -> None:
        """The right key came."""
        self.counters.count(self._known(inbound), KNOWN)

    def _is_known(self, inbound: Inbound) -> bool:
        return self.counters.count(self._known(inbound), KNOWN, 0.0) > 0

    def _known(self, inbound: Inbound) -> str:
        return f"admin/right-key/{self.callers.address(inbound)}"

    def check(self, inbound: Inbound) -> None:
        """Raises `RequestRefused` 429."""
        if self.over(inbound):
            raise RequestRefused(
                "too many wrong admin keys; try again in a minute",
                status=429,
                code="too_many_wrong_keys",
                error_class=ErrorClass.RATE_LIMIT,
                retry_after=WINDOW,
            )

    def _names(self, inbound: Inbound) -> tuple[str, str]:
        every = f"admin/wrong-key/{self.turns.way}"
        return f"{every}/{self.callers.address(inbound)}", every
