from __future__ import annotations

import mmap

from hypothesis import given
from hypothesis import strategies as st

from engine.adapters.shared.layout import WINDOWS
from engine.adapters.shared.windows import Windows
from engine.limits.window import Window
from engine.ports import Take

STEPS = st.lists(st.tuples(st.floats(0.0, 30.0), st.integers(0, 9), st.integers(0, 12)), max_size=100)


def add(windows: Windows, at: int, take: Take, now: float) -> int:
    return windows.add(at, take, now, windows.look(at, take, now)[1])


@given(STEPS)
def test_a_slot_is_a_window(steps: list[tuple[float, int, int]]) -> None:
    windows, window, now = Windows(mmap.mmap(-1, WINDOWS.end), WINDOWS), Window(60.0), 1000.0
    at = windows.claim(b"k" * 16, now)
    numbers: list[tuple[int, int]] = []
    for pause, amount, which in steps:
        now += pause
        take = Take("k", 0.0, 60.0, float(amount))
        assert windows.look(at, take, now)[0] == window.used(now)
        if which < len(numbers):
            one, other = numbers.pop(which)
            windows.settle(at, take, now, one, 3.0)
            if not window.correct(other, 3.0):
                window.add(now, 3.0)
        else:
            numbers.append((add(windows, at, take, now), window.add(now, amount)))
        assert windows.look(at, take, now)[0] == window.used(now)
        assert windows.wait(at, take, now, 2.0) == window.wait(now, 2.0 + amount)
    windows.mend()
    assert windows.look(at, take_of(60.0), now)[0] == window.used(now)


def take_of(length: float) -> Take:
    return Take("k", 10.0, length)


def test_a_window_may_become_shorter() -> None:
    """A site is loaded anew, with other lengths; what is read stands in parts that the old one made."""
    windows = Windows(mmap.mmap(-1, WINDOWS.end), WINDOWS)
    at = windows.claim(b"k" * 16, 1000.0)
    for second in (0.0, 20.0, 40.0):
        add(windows, at, take_of(60.0), 1000.0 + second)
    assert windows.look(at, take_of(60.0), 1050.0)[0] == 3.0
    assert windows.look(at, take_of(35.0), 1050.0)[0] == 2.0
    assert windows.look(at, take_of(15.0), 1050.0)[0] == 0.0  # it would have ended long before


def test_what_is_less_is_corrected_only_where_it_was_used() -> None:
    windows = Windows(mmap.mmap(-1, WINDOWS.end), WINDOWS)
    at = windows.claim(b"k" * 16, 1000.0)
    first = add(windows, at, take_of(60.0), 1000.0)
    add(windows, at, take_of(60.0), 1030.0)
    windows.settle(at, take_of(60.0), 1061.0, first, -1.0)
    assert windows.look(at, take_of(60.0), 1061.0)[0] == 1.0
    windows.settle(at, take_of(60.0), 1061.0, first, 5.0)
    assert windows.look(at, take_of(60.0), 1061.0)[0] == 6.0
    assert windows.wait(0, take_of(60.0), 1061.0, 0.0) == 0.0
