"""Who may be used, in which order, and what an error costs."""

import math
from collections.abc import Callable

import pytest

from engine.credentials.model import DEFAULT_PENALTIES, Credential, Penalty, Pool
from engine.credentials.pool import (
    LONGEST_REST,
    Ranking,
    key_mark,
    penalty_mark,
    rank,
    rest_mark,
    turn_key,
)
from engine.credentials.strategy import Draw
from engine.errors import ErrorClass

NOW = 1000.0


def credential(id: str, **changes: object) -> Credential:
    return Credential(id, f"sk-{id}", data={"id": id}, **changes)  # type: ignore[arg-type]


def ranked(pool: Pool, *, off: dict[str, float] | None = None, turn: int = 0, model: str = "m") -> Ranking:
    until: Callable[[Credential], float] = lambda one: (off or {}).get(one.id, 0.0)  # noqa: E731
    return rank(pool, model, NOW, until, Draw(lambda: turn, lambda: 0.0, pool.every))


def ids(ranking: Ranking) -> list[str]:
    return [one.id for one in ranking.ready]


ABC = Pool("p", "round_robin", 1, (credential("a"), credential("b"), credential("c")))


def test_round_robin_goes_on() -> None:
    assert [ids(ranked(ABC, turn=n))[0] for n in range(4)] == ["a", "b", "c", "a"]


def test_rotate_stays_for_every() -> None:
    pool = Pool("p", "rotate", 2, ABC.credentials)
    assert [ids(ranked(pool, turn=n))[0] for n in range(7)] == ["a", "a", "b", "b", "c", "c", "a"]


def test_cooling_ones_wait_in_order_of_their_end() -> None:
    ranking = ranked(ABC, off={"a": NOW + 9, "b": NOW + 3, "c": NOW})
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
    assert ids(rank(pool, "m", NOW, lambda one: 0.0, Draw(never, lambda: 0.0))) == ["a"]


def test_unknown_strategy_is_a_clean_error() -> None:
    with pytest.raises(ValueError, match="unknown credential strategy 'nope'"):
        ranked(Pool("p", "nope", 1, ABC.credentials))


def mark(pool: Pool, error_class: ErrorClass, retry_after: float | None = None) -> tuple[str, float] | None:
    found = penalty_mark(pool, pool.credentials[0], error_class, retry_after, NOW, "gen1")
    return (found.key, found.until) if found else None


def test_retry_after_wins_over_the_cooldown() -> None:
    key = rest_mark(ABC, ABC.credentials[0])
    assert mark(ABC, ErrorClass.RATE_LIMIT) == (key, NOW + 10)
    assert mark(ABC, ErrorClass.RATE_LIMIT, 3.0) == (key, NOW + 3)
    assert mark(ABC, ErrorClass.QUOTA) == (key, NOW + 3600)
    assert mark(ABC, ErrorClass.QUOTA, 1e12) == (key, NOW + LONGEST_REST)


def test_what_is_held_against_the_key_ends_with_the_generation() -> None:
    disabling = Pool("p", credentials=ABC.credentials, on_error={ErrorClass.AUTH: Penalty(disable=True)})
    assert mark(disabling, ErrorClass.AUTH, 5.0) == (key_mark(ABC, ABC.credentials[0], "gen1"), math.inf)
    assert mark(ABC, ErrorClass.AUTH) == (key_mark(ABC, ABC.credentials[0], "gen1"), NOW + 300)
    assert key_mark(ABC, ABC.credentials[0], "gen1") != key_mark(ABC, ABC.credentials[0], "gen2")


def test_a_class_left_out_keeps_its_default_and_others_cost_nothing() -> None:
    partial = Pool("p", credentials=ABC.credentials, on_error={ErrorClass.AUTH: Penalty(cooldown=1.0)})
    assert mark(partial, ErrorClass.AUTH) is not None
    assert mark(partial, ErrorClass.RATE_LIMIT) == (rest_mark(ABC, ABC.credentials[0]), NOW + 10)
    assert mark(partial, ErrorClass.OVERLOADED, 3.0) is None
    off = Pool("p", credentials=ABC.credentials, on_error={ErrorClass.QUOTA: Penalty()})
    assert mark(off, ErrorClass.QUOTA) is None
    assert set(DEFAULT_PENALTIES) == {ErrorClass.AUTH, ErrorClass.RATE_LIMIT, ErrorClass.QUOTA}


def test_keys_hold_no_secret() -> None:
    one = ABC.credentials[0]
    assert all("sk-" not in key for key in (rest_mark(ABC, one), key_mark(ABC, one, "g"), turn_key(ABC)))
