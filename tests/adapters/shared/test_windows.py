from __future__ import annotations

import mmap

from hypothesis import given
from hypothesis import strategies as st

from engine.adapters.shared.layout import WINDOWS
from engine.adapters.shared.windows import Windows
from engine.limits.window import Window

STEPS = st.lists(st.tuples(st.floats(0.0, 30.0), st.integers(0, 9), st.integers(0, 12)), max_size=100)


@given(STEPS)
def test_a_slot_is_a_window(steps: list[tuple[float, int, int]]) -> None:
    windows, window, now = Windows(mmap.mmap(-1, WINDOWS.end), WINDOWS), Window(60.0), 1000.0
    at = windows.claim(b"k" * 16, now)
    numbers: list[tuple[int, int]] = []
    for pause, amount, which in steps:
        now += pause
        assert windows.used(at, now, 60.0) == window.used(now)
        if which < len(numbers):
            one, other = numbers.pop(which)
            assert windows.correct(at, now, 60.0, one, 3.0) == window.correct(other, 3.0)
        else:
            numbers.append((windows.add(at, now, 60.0, amount), window.add(now, amount)))
        assert windows.used(at, now, 60.0) == window.used(now)
        assert windows.wait(at, now, 60.0, 2.0) == window.wait(now, 2.0)
    windows.mend()
    assert windows.used(at, now, 60.0) == window.used(now)
