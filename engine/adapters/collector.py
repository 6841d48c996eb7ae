"""When Python looks for circular garbage, and how long a thread may keep the others waiting.

A look at all objects of a site with 2,000 files took 200 to 500 ms, in which no request moved. So what is
loaded is set aside, out of the collector's sight, and it does not look while a site is compiled: that
leaves no circles behind. What is replaced goes by its reference counts (tests/snapshot/test_reconcile.py).
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from engine.adapters.heap import give_back

# Longest turn of a compiling thread. With Python's own of 5 ms each step of a request waited for 6.6 ms while
# a site was compiled, with this for 2.2; the compilation itself takes no longer.
TURN = 0.0005
# So many new objects are worth setting aside: the next look at them would take 5 ms and more.
MANY = 20_000
# New objects until the collector looks at those that are new (Python's own: 700), and how often it looks
# further. Requests leave theirs to reference counts, so there is little to find; with 10,000, those that
# 32 requests of 30 kB hold at once made it look again and again, for 1.5 % of the CPU.
YOUNG, MIDDLE, OLD = 50_000, 10, 10


def set_aside() -> None:
    """All that lives now is loaded for good: collect the garbage, and do not look at the rest again.

    Takes its time: for a start, before anybody waits.
    """
    gc.collect()
    give_back()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)


@contextmanager
def undisturbed() -> Iterator[None]:
    """For work that makes much and keeps it, in a thread beside the event loop if need be. One at a time."""
    turn, looks = sys.getswitchinterval(), gc.isenabled()
    sys.setswitchinterval(TURN)
    gc.collect(1)  # what is garbage by now must not be set aside with what is made
    gc.disable()
    try:
        yield
    finally:
        if gc.get_count()[0] > MANY:
            gc.freeze()
        if looks:
            gc.enable()
        sys.setswitchinterval(turn)
