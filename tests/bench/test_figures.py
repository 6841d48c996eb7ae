from __future__ import annotations

import pytest

from engine.bench.figures import Range, Sample, faults, number
from engine.bench.plan import Result


def test_the_cost_of_a_request_and_of_an_event() -> None:
    sample = Sample(0.5, Result(requests=1000, events=10_000))
    assert (sample.per_request, sample.per_event) == (500.0, 50.0)


def test_a_range_is_the_median_and_its_bounds() -> None:
    assert str(Range.of([130.2, 118, 123])) == "123 (118–130)"


@pytest.mark.parametrize(
    ("value", "text"), [(1234.5, "1,234"), (56.71, "56.7"), (0.894, "0.89"), (0, "0.00")]
)
def test_numbers_have_the_digits_that_tell_something(value: float, text: str) -> None:
    assert number(value) == text


def test_wrong_answers_are_told_with_an_example() -> None:
    good, bad = Result(requests=3), Result(requests=1, errors=2, examples=("status 500", "more"))
    assert faults("case", [good]) == []
    assert faults("case", [good, bad]) == ["case: 2 of 6 answers were wrong, such as: status 500"]
    assert faults("case", [Result()]) == ["case: no answer came in time"]
