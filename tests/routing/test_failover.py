"""The table is whole, says what the documentation says, and the budgets bound it."""

import itertools

import pytest

from engine.errors import ErrorClass
from engine.routing.failover import (
    RESERVE,
    ROWS,
    TABLE,
    VERDICT_WORDS,
    RetryBudget,
    RetryPolicy,
    Stage,
    Verdict,
    backoff,
    rows,
    verdicts,
)

OPENING = [Stage.CONNECT, Stage.STATUS, Stage.BEFORE_FIRST]


def test_every_pair_has_exactly_one_row() -> None:
    pairs = [(stage, known) for row in ROWS for stage in row.stages for known in row.classes]
    assert len(pairs) == len(set(pairs))
    assert set(pairs) == set(itertools.product(Stage, ErrorClass)) == set(TABLE)


@pytest.mark.parametrize("error_class", list(ErrorClass))
def test_never_after_the_first_byte(error_class: ErrorClass) -> None:
    assert verdicts(Stage.STREAMING, error_class) == (Verdict.FAIL,)


@pytest.mark.parametrize("stage", OPENING)
@pytest.mark.parametrize(
    ("error_class", "first"),
    [
        (ErrorClass.AUTH, Verdict.NEXT_CREDENTIAL),
        (ErrorClass.QUOTA, Verdict.NEXT_CREDENTIAL),
        (ErrorClass.RATE_LIMIT, Verdict.NEXT_CREDENTIAL),
        (ErrorClass.OVERLOADED, Verdict.RETRY_SAME),
        (ErrorClass.TIMEOUT, Verdict.NEXT_TARGET),
        (ErrorClass.UPSTREAM, Verdict.RETRY_SAME),
        (ErrorClass.NOT_FOUND, Verdict.NEXT_TARGET),
        (ErrorClass.CONTEXT_LENGTH, Verdict.MORE_ROOM),
        (ErrorClass.INVALID, Verdict.FAIL),
        (ErrorClass.CONTENT_FILTER, Verdict.FAIL),
    ],
)
def test_first_verdict(stage: Stage, error_class: ErrorClass, first: Verdict) -> None:
    assert verdicts(stage, error_class)[0] is first
    assert verdicts(stage, error_class)[-1] is Verdict.FAIL


def test_the_table_can_be_read_by_people() -> None:
    printed = rows()
    assert len(printed) == len(ROWS)
    assert any("never after the first byte" in str(row["why"]) for row in printed)
    assert all(row["verdicts"] for row in printed)
    assert set(VERDICT_WORDS) == set(Verdict)


def test_backoff_grows_is_jittered_and_capped() -> None:
    policy = RetryPolicy(backoff_base=0.2, backoff_max=1.0)
    assert [backoff(policy, n, 0.0, None) for n in range(5)] == pytest.approx([0.1, 0.2, 0.4, 0.5, 0.5])
    assert backoff(policy, 0, 0.5, None) == pytest.approx(0.15)
    assert backoff(policy, 10_000, 0.0, None) == pytest.approx(0.5)


def test_retry_after_is_waited_for_up_to_wait() -> None:
    policy = RetryPolicy(backoff_base=0.2, wait=10.0)
    assert backoff(policy, 0, 0.0, 10.0) == pytest.approx(10.1)
    assert backoff(policy, 0, 0.0, 10.5) is None


def test_retry_budget_allows_a_share() -> None:
    budget = RetryBudget()
    made = 0
    for _ in range(1000):
        budget.deposit(0.2)
        if budget.has():
            budget.withdraw()
            made += 1
    assert made == pytest.approx(1000 * 0.2 + RESERVE, abs=2)


def test_ten_tenths_are_one() -> None:
    budget = RetryBudget(saved=0.0)
    for _ in range(10):
        assert not budget.has()
        budget.deposit(0.1)
    assert budget.has()
