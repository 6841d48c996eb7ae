"""What is known of a target's answers, and how it fades."""

from math import inf

import pytest

from engine.routing.latency import AVOID, FORGET, KEPT, STREAM, TRYING, WHOLE, Latencies

A = ("a", STREAM)


def test_nothing_is_known_at_first() -> None:
    assert Latencies().of(A, 0.0) is None


def test_a_first_figure_is_taken_as_it_is() -> None:
    seen = Latencies()
    seen.observe(A, 0.4, 0.0)
    assert seen.of(A, 1.0) == 0.4


def test_of_many_at_once_each_counts_a_little() -> None:
    seen = Latencies()
    seen.observe(A, 1.0, 0.0)
    seen.observe(A, 2.0, 0.0)
    assert seen.of(A, 0.0) == pytest.approx(1.3)


def test_what_is_old_counts_less() -> None:
    seen = Latencies()
    seen.observe(A, 1.0, 0.0)
    seen.observe(A, 2.0, 90.0)
    assert seen.of(A, 90.0) == pytest.approx(2 - 0.0498, abs=1e-4)


def test_a_change_is_learned() -> None:
    seen = Latencies()
    for second in range(20):
        seen.observe(A, 0.1, second)
    for second in range(20, 30):
        seen.observe(A, 1.0, second)
    assert 0.95 < (seen.of(A, 30.0) or 0) < 1.0


def test_what_nobody_asked_for_long_is_unknown_again() -> None:
    seen = Latencies()
    seen.observe(A, 1.0, 0.0)
    assert (seen.of(A, FORGET - 1), seen.of(A, FORGET)) == (1.0, None)


def test_one_tries_what_is_unknown_the_others_go_elsewhere() -> None:
    seen = Latencies()
    seen.trying(A, 0.0)
    assert (seen.of(A, 1.0), seen.of(A, TRYING)) == (inf, None)
    seen.observe(A, 0.5, 1.0)
    assert seen.of(A, 1.0) == 0.5


def test_a_failure_is_no_figure() -> None:
    seen = Latencies()
    seen.failed(A, 9.0, 0.0)
    assert (seen.of(A, AVOID - 1), seen.of(A, AVOID)) == (inf, None)
    seen.observe(A, 0.5, 1.0)
    seen.failed(A, 0.1, 2.0)
    assert seen.of(A, 2.0) == 0.5


def test_unless_it_took_longer_than_answers_do() -> None:
    seen = Latencies()
    seen.observe(A, 0.5, 0.0)
    seen.failed(A, 60.0, 60.0)
    assert (seen.of(A, 60.0) or 0) > 50


def test_it_is_bounded() -> None:
    seen = Latencies()
    for n in range(KEPT + 5):
        seen.observe((f"t{n}", STREAM), 1.0, 0.0)
    assert seen.of(("t4", STREAM), 0.0) is None and seen.of(("t5", STREAM), 0.0) == 1.0


def test_what_is_known_can_be_listed() -> None:
    seen = Latencies()
    seen.observe(A, 0.5, 0.0)
    seen.observe(("a", WHOLE), 2.0, 0.0)
    seen.trying(("b", STREAM), 0.0)
    assert dict(seen.known(1.0)) == {A: 0.5, ("a", WHOLE): 2.0}
    assert list(seen.known(FORGET)) == []
