"""What a request orders of the upstream, written in the text of its last message.

So one upstream serves every case without a state of its own, and any dialect carries the order to it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# The word that answers are made of, once in each event: who counts it knows what came.
WORD = "pong"
FILLERS = ".,"

_MARK = b"[[order "
_ORDER = re.compile(rb"\[\[order events=(\d+) pause=([\d.]+) size=(\d+) dies=(\d+)\]\]")


@dataclass(frozen=True, slots=True)
class Order:
    """`events` of `size` bytes of text, `pause` seconds between two (0: as fast as it is read).

    A whole answer has the same text in one piece. `dies`: after so many events the line is cut (0: never).
    """

    events: int = 18
    pause: float = 0.0
    size: int = 5
    dies: int = 0

    def __str__(self) -> str:
        return f"[[order events={self.events} pause={self.pause:.6f} size={self.size} dies={self.dies}]]"

    @property
    def pieces(self) -> tuple[str, ...]:
        """The texts of events, in turns: who says the same for ever is taken for a broken model."""
        return tuple(WORD.ljust(self.size, filler) for filler in FILLERS)

    @property
    def text(self) -> str:
        """Of a whole answer."""
        pairs, odd = divmod(self.events, len(FILLERS))
        return "".join(self.pieces) * pairs + "".join(self.pieces[:odd])


def order_of(body: bytes) -> Order:
    """The order in a request's body; the usual one where there is none."""
    at = body.rfind(_MARK)
    found = _ORDER.match(body, at) if at >= 0 else None
    if found is None:
        return Order()
    return Order(int(found[1]), float(found[2]), int(found[3]), int(found[4]))
