"""What is written while the event loop does all that is ready goes out together, when that is done.

A write wakes up whoever waits for it, which costs more than the write itself. Who gets several after one
another is woken up for the first of them only.
"""

from __future__ import annotations

from asyncio import Transport, get_running_loop

# So many writes wait at most, none larger than this, and of one transport no second one: whoever has more
# has to hear that its reader is slow.
MOST, LARGE = 32, 8192


class Outbox:
    """For the transports of one event loop. `turn` counts how often what waited was written.

    Whoever is about to end a transport in good order has to `flush` before.
    """

    __slots__ = ("_waiting", "turn")

    def __init__(self) -> None:
        self._waiting: list[tuple[Transport, bytes]] = []
        self.turn = 0

    def post(self, transport: Transport, data: bytes) -> int:
        """Write `data` soon, after what was posted before. It waits as long as `turn` is what is returned."""
        waiting, turn = self._waiting, self.turn
        full = len(data) > LARGE or len(waiting) == MOST - 1
        if not waiting:
            get_running_loop().call_soon(self.flush)
        elif waiting[-1][0] is transport:
            full = True
        waiting.append((transport, data))
        if full:
            self.flush()
        return turn

    def flush(self) -> None:
        """Write what waits, but not to those that have ended."""
        self.turn += 1
        waiting, self._waiting = self._waiting, []
        for transport, data in waiting:
            if not transport.is_closing():
                transport.write(data)
