from __future__ import annotations

from typing import get_args

import pytest

from engine.errors import ErrorClass
from engine.spec.resilience import Breaker, ErrorClassName, Penalty, Retry

from .reading import accepts, read


def test_the_defaults_are_those_of_the_design() -> None:
    retry, breaker = read(Retry, "{}"), read(Breaker, "{}")
    assert (retry.attempts, retry.budget, retry.backoff, retry.wait) == (3, 0.2, None, 10.0)
    assert (breaker.failures, breaker.window, breaker.open) == (5, 30.0, 15.0)


def test_everything_may_be_written() -> None:
    retry = read(Retry, "{attempts: 1, budget: 20%, backoff: {base: 200ms, max: 5s}, wait: 1m}")
    assert (retry.budget, retry.backoff.base, retry.backoff.max, retry.wait) == (0.2, 0.2, 5.0, 60.0)
    assert read(Penalty, "{cooldown: 1h, disable: true}").cooldown == 3600.0


def test_error_classes_are_those_of_the_engine() -> None:
    assert set(get_args(ErrorClassName)) == {each.value for each in ErrorClass}


@pytest.mark.parametrize(
    ("cls", "text"), [(Retry, "{attempts: 0}"), (Retry, "{budget: 2}"), (Breaker, "{window: 30}")]
)
def test_out_of_range(cls: type, text: str) -> None:
    assert not accepts(cls, text)
