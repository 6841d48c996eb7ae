"""One that was selected comes before rotation while it is usable; a pool that does not rotate stays."""

from __future__ import annotations

import pytest

from engine.credentials.model import Credential, Found, Pool, Steering, joined
from engine.credentials.pool import rank
from engine.credentials.strategy import Draw

NOW = 1000.0
THREE = tuple(Credential(name, f"sk-{name}") for name in "abc")


class Turns:
    """Counts the turns that were taken."""

    taken = 0

    def __call__(self) -> int:
        self.taken += 1
        return self.taken - 1


def steered(steering: Steering, strategy: str = "round_robin", every: int = 1) -> Pool:
    return joined(Pool("p", strategy, every, THREE), Found(steering=steering))


def order(pool: Pool, turns: Turns, off: tuple[str, ...] = ()) -> str:
    draw = Draw(turns, lambda: 0.5, pool.every)
    return "".join(one.id for one in rank(pool, "m", NOW, dict.fromkeys(off, NOW + 9), draw).ready)


@pytest.mark.parametrize("strategy", ["round_robin", "rotate", "weighted", "least_used", "random", "sticky"])
def test_the_selected_one_comes_first_whatever_the_strategy(strategy: str) -> None:
    pool = steered(Steering(selected="b"), strategy)
    for _ in range(3):
        found = order(pool, Turns())
        assert (found[0], sorted(found)) == ("b", ["a", "b", "c"])


def test_the_selected_one_takes_no_turn_until_it_is_unusable() -> None:
    pool, turns = steered(Steering(selected="b")), Turns()
    draw = Draw(turns, lambda: 0.5)
    assert [next(rank(pool, "m", NOW, {}, draw).ready).id for _ in range(3)] == ["b", "b", "b"]
    assert turns.taken == 0
    assert [order(pool, turns, ("b",)) for _ in range(3)] == ["ac", "ca", "ac"], "rotation goes on without it"
    assert order(pool, turns)[0] == "b", "and it is back as soon as it is usable"


def test_one_that_is_not_there_is_no_selection() -> None:
    assert order(steered(Steering(selected="gone")), Turns()) == "abc"


def test_without_rotation_it_stays_on_the_one_that_is_held() -> None:
    pool, turns = steered(Steering(rotation=False, held="b")), Turns()
    assert [order(pool, turns) for _ in range(2)] == ["bca", "bca"]
    assert order(pool, turns, ("b",)) == "ca"
    assert turns.taken == 0
    assert order(steered(Steering(rotation=False)), turns) == "abc"
    assert order(steered(Steering(rotation=False, held="b", selected="c")), turns) == "cba"


def test_every_is_changed() -> None:
    pool, turns = steered(Steering(every=2), "rotate", 1), Turns()
    assert [order(pool, turns)[0] for _ in range(5)] == ["a", "a", "b", "b", "c"]
    assert order(steered(Steering(every=0), "rotate", 1), turns)[0] == "a"
