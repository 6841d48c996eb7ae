"""What a worker remembers of its providers."""

import pytest

from engine.gateway.experience import Experience
from engine.routing.failover import RESERVE


def test_each_provider_has_savings_of_its_own() -> None:
    known = Experience()
    while known.savings["a"].has():
        known.savings["a"].withdraw()
    assert not known.savings["a"].has()
    assert known.savings["b"].has()


@pytest.mark.parametrize(("workers", "each"), [(1, RESERVE), (4, RESERVE / 4), (64, 1.0)])
def test_workers_share_the_reserve(workers: int, each: float) -> None:
    assert Experience.of_one(workers).reserve == each


def test_the_reserve_is_what_a_worker_may_begin_with() -> None:
    known = Experience(reserve=2.0)
    known.savings["a"].withdraw()
    known.savings["a"].withdraw()
    assert not known.savings["a"].has()
