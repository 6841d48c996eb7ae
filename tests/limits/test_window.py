from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.limits.window import PARTS, RING, Window


def test_a_burst_is_forgotten_at_once() -> None:
    window = Window(60.0)
    for _ in range(100):
        window.add(1000.0, 1.0)
    assert [window.used(now) for now in (1000.0, 1059.9, 1060.0)] == [100.0, 100.0, 0.0]


def test_what_comes_evenly_goes_evenly() -> None:
    window = Window(60.0)
    for second in range(60):
        window.add(1000.0 + second, 1.0)
    assert window.used(1059.0) == 60.0
    assert 0 < window.used(1090.0) < 40.0
    assert window.used(1000.0 + 59 + 60) == 0.0


def test_a_part_can_be_corrected_as_long_as_it_counts() -> None:
    window = Window(60.0)
    number = window.add(0.0, 100.0)
    later = window.add(30.0, 5.0)
    assert number != later
    assert window.correct(number, -90.0) and window.used(30.0) == 15.0
    assert window.used(60.0) == 5.0
    assert not window.correct(number, 7.0) and window.used(60.0) == 5.0


def test_the_wait_is_until_enough_is_over() -> None:
    window = Window(60.0)
    window.add(0.0, 2.0)
    window.add(10.0, 3.0)
    assert [window.wait(20.0, much) for much in (1.0, 2.0, 3.0, 9.0)] == [40.0, 40.0, 50.0, 60.0]


def test_a_clock_that_was_wrong_once_does_not_stop_it() -> None:
    window = Window(60.0)
    window.add(9e9, 5.0)
    assert window.used(1000.0) == 0.0
    window.add(1000.0, 1.0)
    window.add(990.0, 1.0)
    assert window.used(1001.0) == 2.0 and window.ends == 1060.0


@given(st.lists(st.tuples(st.floats(0.0, 40.0), st.integers(1, 5)), max_size=200))
def test_no_stretch_of_a_window_holds_more_than_the_limit(steps: list[tuple[float, int]]) -> None:
    window, limit, now = Window(60.0), 10.0, 0.0
    had: list[tuple[float, float]] = []
    for pause, amount in steps:
        now += pause
        if window.used(now) + amount <= limit:
            window.add(now, amount)
            had.append((now, amount))
        assert len(window._parts) <= RING
        assert sum(much for when, much in had if when > now - 60.0) <= limit
        # And what is over for longer than a part lasts is forgotten.
        assert window.used(now) <= sum(much for when, much in had if when > now - 60.0 - 60.0 / PARTS)
