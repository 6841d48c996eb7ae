from __future__ import annotations

import gc
import sys
import weakref
from collections.abc import Iterator

import pytest

from engine.adapters import collector
from engine.adapters.collector import set_aside, undisturbed


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.enable()
    gc.unfreeze()
    gc.set_threshold(*thresholds)


def test_nothing_is_collected_meanwhile_and_others_get_their_turn_sooner() -> None:
    turn = sys.getswitchinterval()
    with undisturbed():
        assert not gc.isenabled() and sys.getswitchinterval() < turn
    assert gc.isenabled() and sys.getswitchinterval() == turn


def test_a_failure_leaves_all_as_it_was() -> None:
    turn = sys.getswitchinterval()
    with pytest.raises(LookupError), undisturbed():
        raise LookupError
    assert gc.isenabled() and sys.getswitchinterval() == turn


def test_a_collector_that_is_off_stays_off() -> None:
    gc.disable()
    with undisturbed():
        pass
    assert not gc.isenabled()


def test_much_that_is_new_is_set_aside_and_little_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    gc.collect()
    gc.unfreeze()
    with undisturbed():
        little = [[] for _ in range(10)]
    assert gc.get_freeze_count() == 0
    monkeypatch.setattr(collector, "MANY", 5)
    with undisturbed():
        much = [[] for _ in range(100)]
    assert gc.get_freeze_count() >= len(much) + len(little)


def test_garbage_is_not_set_aside_with_what_is_new(monkeypatch: pytest.MonkeyPatch) -> None:
    class Circle:
        pass

    gc.collect()
    monkeypatch.setattr(collector, "MANY", 5)
    gc.disable()
    circle = Circle()
    circle.itself = circle  # type: ignore[attr-defined]
    left = weakref.ref(circle)
    del circle
    gc.enable()
    with undisturbed():
        assert left() is None


def test_what_lives_is_looked_at_no_more() -> None:
    set_aside()
    assert gc.get_freeze_count() > 1000 and gc.get_threshold()[0] > 700
