"""Closed, open, half open, by a mark and the time."""

from engine.errors import ErrorClass
from engine.routing.breaker import FAILURES, KEPT, OFF, Breaker, State, mark_at, state, tried_from

NOW = 1000.0


def test_the_three_states() -> None:
    mark = mark_at(NOW, Breaker(open=15.0))
    assert state(None, NOW) is State.CLOSED
    assert [state(mark, NOW + after) for after in (0, 14.9)] == [State.OPEN] * 2
    assert [state(mark, NOW + after) for after in (15, 1000)] == [State.HALF_OPEN] * 2
    assert state(mark, NOW + 15 + KEPT) is State.CLOSED
    assert tried_from(mark) == NOW + 15


def test_what_counts() -> None:
    assert {ErrorClass.UPSTREAM, ErrorClass.OVERLOADED, ErrorClass.TIMEOUT} == FAILURES


def test_off() -> None:
    assert Breaker().on and not OFF.on
