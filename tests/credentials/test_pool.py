"""Who may be used, in which order, and what an error costs."""

import math

import pytest

from engine.credentials.model import DEFAULT_PENALTIES, Credential, Penalty, Pool
from engine.credentials.pool import (
    LONGEST_REST,
    MODELS_OF_LATE,
    Ranking,
    penalty_mark,
    rank,
    use_key,
)
from engine.credentials.strategy import Draw
from engine.errors import ErrorClass

NOW = 1000.0


def credential(id: str, **changes: object) -> Credential:
    return Credential(id, f"sk-{id}", data={"id": id}, **changes)  # type: ignore[arg-type]


def ranked(pool: Pool, *, off: dict[str, float] | None = None, turn: int = 0, model: str = "m") -> Ranking:
    return rank(pool, model, NOW, off or {}, Draw(lambda: turn, lambda: 0.0, pool.every))


def ids(ranking: Ranking) -> list[str]:
    return [one.id for one in ranking.ready]


ABC = Pool("p", "round_robin", 1, (credential("a"), credential("b"), credential("c")))


def test_round_robin_goes_on() -> None:
    assert [ids(ranked(ABC, turn=n))[0] for n in range(4)] == ["a", "b", "c", "a"]


def test_rotate_stays_for_every() -> None:
    pool = Pool("p", "rotate", 2, ABC.credentials)
    assert [ids(ranked(pool, turn=n))[0] for n in range(7)] == ["a", "a", "b", "b", "c", "c", "a"]


def test_cooling_ones_wait_in_order_of_their_end() -> None:
    ranking = ranked(ABC, off={"a": NOW + 9, "b": NOW + 3})
    assert ids(ranking) == ["c"]
    assert [(until, one.id) for until, one in ranking.cooling] == [(NOW + 3, "b"), (NOW + 9, "a")]


def test_disabled_ones_are_gone() -> None:
    ranking = ranked(ABC, off={"a": math.inf})
    assert ids(ranking) == ["b", "c"]
    assert ranking.cooling == ()


def test_models_and_expiry() -> None:
    pool = Pool(
        "p",
        credentials=(
            credential("small", models=("small-*",)),
            credential("old", expires=NOW),
            credential("fresh", expires=NOW + 1, models=("*",)),
        ),
    )
    assert ids(ranked(pool, model="small-1")) == ["small", "fresh"]
    assert ids(ranked(pool, model="big-1")) == ["fresh"]


def test_a_pool_of_one_draws_nothing() -> None:
    def never() -> int:
        raise AssertionError("no turn is needed")

    pool = Pool("p", credentials=(credential("a"),))
    assert ids(rank(pool, "m", NOW, {}, Draw(never, lambda: 0.0))) == ["a"]


def test_unknown_strategy_is_a_clean_error() -> None:
    with pytest.raises(ValueError, match="unknown credential strategy 'nope'"):
        ranked(Pool("p", "nope", 1, ABC.credentials))


def mark(pool: Pool, error_class: ErrorClass, retry_after: float | None = None) -> tuple[str, float] | None:
    found = penalty_mark(pool, pool.credentials[0], error_class, retry_after, NOW)
    return (found.group, found.until) if found else None


def test_retry_after_wins_over_the_cooldown() -> None:
    key = ABC.counted.rests
    assert mark(ABC, ErrorClass.RATE_LIMIT) == (key, NOW + 10)
    assert mark(ABC, ErrorClass.RATE_LIMIT, 3.0) == (key, NOW + 3)
    assert mark(ABC, ErrorClass.QUOTA) == (key, NOW + 3600)
    assert mark(ABC, ErrorClass.QUOTA, 1e12) == (key, NOW + LONGEST_REST)


def test_what_is_held_against_a_key_does_not_stick_to_the_next() -> None:
    disabling = Pool("p", credentials=ABC.credentials, on_error={ErrorClass.AUTH: Penalty(disable=True)})
    assert mark(disabling, ErrorClass.AUTH, 5.0) == (ABC.counted.refusals, math.inf)
    assert mark(ABC, ErrorClass.AUTH) == (ABC.counted.refusals, NOW + 300)
    off = {ABC.credentials[0].stamp: math.inf}
    assert ids(ranked(ABC, off=off)) == ["b", "c"]
    other = Pool("p", credentials=(Credential("a", "another"), *ABC.credentials[1:]))
    assert ids(ranked(other, off=off)) == ["a", "b", "c"]


def test_a_class_left_out_keeps_its_default_and_others_cost_nothing() -> None:
    partial = Pool("p", credentials=ABC.credentials, on_error={ErrorClass.AUTH: Penalty(cooldown=1.0)})
    assert mark(partial, ErrorClass.AUTH) is not None
    assert mark(partial, ErrorClass.RATE_LIMIT) == (ABC.counted.rests, NOW + 10)
    assert mark(partial, ErrorClass.OVERLOADED, 3.0) is None
    off = Pool("p", credentials=ABC.credentials, on_error={ErrorClass.QUOTA: Penalty()})
    assert mark(off, ErrorClass.QUOTA) is None
    assert set(DEFAULT_PENALTIES) == {ErrorClass.AUTH, ErrorClass.RATE_LIMIT, ErrorClass.QUOTA}


def test_keys_hold_no_secret() -> None:
    named = (
        ABC.counted.rests,
        ABC.counted.refusals,
        ABC.counted.turn,
        use_key(ABC.name, "a"),
        ABC.credentials[0].stamp,
    )
    assert all("sk-" not in key for key in named)
    assert "sk-" not in repr(ABC)


def test_who_expires_is_gone_from_then_on() -> None:
    pool = Pool("p", credentials=(credential("a", expires=NOW + 5), credential("b"), credential("c")))

    def there(now: float) -> list[str]:
        return ids(rank(pool, "m", now, {}, Draw(lambda: 0, lambda: 0.0)))

    assert [there(NOW + seconds) for seconds in (0, 4.9, 5, 9, 1)] == [
        ["a", "b", "c"],
        ["a", "b", "c"],
        ["b", "c"],
        ["b", "c"],
        ["a", "b", "c"],
    ]


def test_each_model_has_its_own() -> None:
    pool = Pool("p", credentials=(credential("x", models=("x-*",)), credential("y", models=("y-*",))))
    models = [f"{'xy'[number % 2]}-{number}" for number in range(200)]
    assert [ids(ranked(pool, model=model)) for model in models * 2] == [["x"], ["y"]] * 200
    assert len(pool.standings) <= MODELS_OF_LATE


def test_rests_that_begin_and_end() -> None:
    off: list[dict[str, float]] = [{}, {"a": NOW + 1}, {"a": NOW + 2}, {"a": NOW + 2, "b": NOW + 1}, {}]
    found = [ranked(ABC, off=each) for each in off]
    assert [ids(each) for each in found] == [["a", "b", "c"], ["b", "c"], ["b", "c"], ["c"], ["a", "b", "c"]]
    assert [[until - NOW for until, _ in each.cooling] for each in found] == [[], [1], [2], [1, 2], []]


def test_shares_of_a_weighted_pool_outlast_a_rest() -> None:
    pool = Pool("p", "weighted", 1, (credential("a", weight=1), credential("b", weight=3)))

    def first(random: float, off: dict[str, float]) -> str:
        return ids(rank(pool, "m", NOW, off, Draw(lambda: 0, lambda: random)))[0]

    assert [first(chance, {}) for chance in (0.0, 0.74, 0.76)] == ["b", "b", "a"]
    assert [first(chance, {"b": NOW + 1}) for chance in (0.0, 0.9)] == ["a", "a"]
    assert [first(chance, {}) for chance in (0.0, 0.76)] == ["b", "a"]
